"""The command line: app.py is the entry point, and each verb is a file of its own, imported when it is called."""
