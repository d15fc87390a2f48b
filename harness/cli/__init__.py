"""The command line: app.py is the entry point; each verb is a file, imported when it is called."""
