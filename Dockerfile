# One image for web, worker, beat and migrations; the command decides which.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements.lock .
# Its first group is what production runs, the second what it may add (OPTIONAL=true: Sentry, OpenTelemetry, object
# storage, Parquet); the demo's servers and our tools stay outside.
ARG OPTIONAL=false
RUN end=optional; if [ "$OPTIONAL" = true ]; then end=demo; fi; \
    sed "/^# --- $end/,\$d" requirements.lock > run.lock \
    && python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r run.lock

FROM python:3.11-slim-bookworm
# Letters of customers' names in their PDF, beyond Western Europe's. Debian keeps no earlier version to name.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends fonts-dejavu-core fonts-droid-fallback \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /app portal
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# Which release this is: shown by /livez, the logs and the admin.
ARG RELEASE=
ARG COMMIT=
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORTAL_ENV=production STATIC_ROOT=/app/staticfiles \
    BIND=0.0.0.0 PORT=8000 RELEASE=$RELEASE COMMIT=$COMMIT
# As demo, because production refuses to load without its secrets, and an image holds none.
RUN PORTAL_ENV=demo python manage.py collectstatic --noinput --verbosity 0 \
    && install -d -o portal -g portal -m 700 /documents
# By number: Kubernetes' runAsNonRoot cannot resolve a name.
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "portal/alive.py", "web"]
CMD ["sh", "-c", "exec gunicorn portal.wsgi --bind ${BIND:-127.0.0.1}:${PORT:-8000} --workers ${WEB_WORKERS:-2} --threads 4 --no-control-socket"]
