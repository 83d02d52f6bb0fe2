"""Every group of pages, by reader."""

from flask import Blueprint

BLUEPRINTS: tuple[Blueprint, ...] = ()
