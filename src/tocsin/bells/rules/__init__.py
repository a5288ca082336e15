"""For what a bell rings, what it says, and how it is sent: functions of values."""
