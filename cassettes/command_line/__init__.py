"""What `understudy cassette` does, and what `understudy URL` asks of cassettes."""
