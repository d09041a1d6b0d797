"""What the suite of security is made of: lines below HTTP, hostile requests, and what must not be told."""
