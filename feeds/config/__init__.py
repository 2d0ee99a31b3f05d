"""config.yaml -> values that never change. The only room that knows YAML."""
