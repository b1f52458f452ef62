"""A week of a fictional crisis, taken through the very same path as the real watch.

crisis.toml   what happens: outlets, articles, reprints, edits, noise
config/       topic, actors, rules and standing positions for the invented countries
script        crisis.toml, read
pages         the feeds and pages of every outlet at a moment
server        those, served on loopback
replay        the days, one run of the monitor each
"""
