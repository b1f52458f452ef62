"""Act examples: claims, each with the act that is right for it; see the README beside this."""
