"""The only Python of ours that runs inside Rasa's process, in its own environment (Python 3.10, Rasa 3.6.21).

The rest of the project reaches it over HTTP only (`channel.py`); nobody outside imports it.
"""
