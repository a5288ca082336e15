"""What a mail says, how it is signed, and what can be read of one that came: functions of bytes and words."""
