"""Every group of pages, by reader."""

from types import ModuleType

from flask import Blueprint

from badges.web import photos
from badges.web.account import blueprint as account
from badges.web.account import views_cards, views_me, views_sign_in
from badges.web.admin import blueprint as admin
from badges.web.admin import (
    views_frameworks,
    views_import,
    views_life,
    views_people,
    views_reviews,
    views_structure,
    views_waves,
)
from badges.web.admin import views_issuer as admin_issuer
from badges.web.claims import views as claims
from badges.web.coach import views as coach
from badges.web.invited import views as invited
from badges.web.operator import blueprint as operator
from badges.web.operator import views as operator_views
from badges.web.public import blueprint as public
from badges.web.public import views as public_views
from badges.web.public import views_issuer as public_issuer
from badges.web.public import views_verify as verify_views
from badges.web.reviewer import views as reviewer
from badges.web.reviewer import views_batch
from badges.web.supervisor import blueprint as supervisor
from badges.web.supervisor import views_crew, views_situations
from badges.web.supervisor import views_observations as supervisor_observations
from badges.web.worker import blueprint as worker
from badges.web.worker import views_badges as worker_badges
from badges.web.worker import views_observations as worker_observations

BLUEPRINTS: tuple[Blueprint, ...] = (
    public.bp,
    public.verify,
    worker.bp,
    supervisor.bp,
    photos.bp,
    claims.bp,
    reviewer.bp,
    coach.bp,
    invited.bp,
    admin.bp,
    account.bp,
    account.me,
    account.cards,
    operator.bp,
)

VIEWS: tuple[ModuleType, ...] = (
    views_sign_in,
    views_me,
    views_cards,
    views_people,
    views_import,
    views_structure,
    operator_views,
    views_frameworks,
    views_reviews,
    public_views,
    public_issuer,
    verify_views,
    admin_issuer,
    views_batch,
    views_waves,
    views_life,
    worker_badges,
    worker_observations,
    views_crew,
    views_situations,
    supervisor_observations,
)
"""Importing these modules is what hangs their pages on the blueprints above."""
