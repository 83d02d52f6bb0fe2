"""Every group of pages, by reader."""

from flask import Blueprint

from badges.web.public import blueprint as public
from badges.web.public import views as _public_views
from badges.web.public import views_verify as _verify_views
from badges.web.worker import blueprint as worker
from badges.web.worker import views_badges as _worker_badges

BLUEPRINTS: tuple[Blueprint, ...] = (public.bp, public.verify, worker.bp)

__all__ = ["BLUEPRINTS"]
