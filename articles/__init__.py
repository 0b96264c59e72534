"""What is said: articles, their pictures, and what WeChat makes of them."""
