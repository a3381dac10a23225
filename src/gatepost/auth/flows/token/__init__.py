"""The grants of `POST /token`: a proof in, a session out."""
