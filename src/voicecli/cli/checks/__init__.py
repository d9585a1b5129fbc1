"""What `voicecli doctor` looks at, one check after the other.

A check is a function of the `Scene` that yields findings. It may raise what it likes, and native code in it may bring its process down:
`finding.examine` makes a finding of that, so that one broken part hides no other.
"""
