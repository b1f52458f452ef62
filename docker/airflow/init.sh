#!/bin/bash
# Make Airflow's tables, the pools of our DAGs, and the file with the administrator's password.
set -euo pipefail
airflow db migrate
airflow pools import /opt/airflow/dags/pools.json
umask 077
printf '{"admin": "%s"}\n' "$AIRFLOW_ADMIN_PASSWORD" \
    >"$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
echo "Airflow is prepared"
