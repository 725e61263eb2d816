"""Send again what failed, within one deadline; the mock's clock makes the waits cost nothing."""

import understudy
from understudy import Retry, Timeout, mock

router = mock.Router()
busy = router.get("https://api.test/report").respond(503, headers={"Retry-After": "20"}).repeat(2)
busy.then(json={"ready": True})


def main() -> None:
    retry = Retry(attempts=5, backoff=0.5, max_retry_after=60)
    with router, understudy.Client(retry=retry, timeout=Timeout(5, total=300)) as client:
        response = client.get("https://api.test/report")

        print(response.json())
        for attempt in response.extensions["attempts"]:
            print(f"attempt {attempt.number}: {attempt.status}, after waiting {attempt.waited:.0f} s")

        # One deadline for several calls. `Retry` does not start a wait that the deadline would cut short.
        with client.deadline(10) as deadline:
            client.get("https://api.test/report")
            print(deadline.left > 9)


if __name__ == "__main__":
    main()
