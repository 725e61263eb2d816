"""What `understudy URL` and `understudy doctor` do; `client/cli.py` loads it when it is asked for."""
