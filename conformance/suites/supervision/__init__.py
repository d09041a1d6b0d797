"""What the suites about serials, feed, feedback, trail and records share."""
