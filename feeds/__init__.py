"""A self-hosted feed aggregator and publisher: from config.yaml to merged, valid Atom feeds."""

__version__ = "0.1.0"
