"""What suites that come from other libraries are used to, answered by this one.

`understudy.compat.respx` and `understudy.compat.pytest_httpx` have the names, signatures and rules of the libraries
that they are called after, in front of our clients. Each is also a pytest plugin (`-p understudy.compat.respx`).
"""
