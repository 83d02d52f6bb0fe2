"""Every group of pages, by reader."""

from types import ModuleType

from flask import Blueprint

from badges.web.public import blueprint as public
from badges.web.public import views as public_views
from badges.web.public import views_verify as verify_views
from badges.web.worker import blueprint as worker
from badges.web.worker import views_badges as worker_badges

BLUEPRINTS: tuple[Blueprint, ...] = (public.bp, public.verify, worker.bp)

VIEWS: tuple[ModuleType, ...] = (public_views, verify_views, worker_badges)
"""Importing these modules is what hangs their pages on the blueprints above."""
