"""Operations that go on: what is listened to, who may, and the protocol their events travel in."""
