"""The parts of `fault_campaign.py`: the program that is damaged, the sessions that are held with it, and the faults."""
