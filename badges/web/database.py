"""Flask-SQLAlchemy, kept thin: it opens one session per request; models inherit our own Base."""

from flask_sqlalchemy import SQLAlchemy

from badges.db import Base

db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
