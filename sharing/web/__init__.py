"""The shell: app factory, settings, navigation, error pages, messages, OpenAPI, scheduler, the `sharing` command."""
