"""The threads and channels between microphone and speaker: listen, transcribe, judge, respond, synthesize."""
