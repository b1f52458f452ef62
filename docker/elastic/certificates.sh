#!/bin/bash
# Make a certificate authority of our own, and certificates for Elasticsearch and Kibana, in their
# volumes. What is there already stays: delete a volume to make it anew.
set -euo pipefail
cd /certificates
umask 077
made=$(mktemp -d)

if [ ! -s authority/ca.key ]; then
    elasticsearch-certutil ca --silent --pem --days 3650 --out "$made/ca.zip"
    unzip -q "$made/ca.zip" -d "$made"
    cp "$made/ca/ca.crt" "$made/ca/ca.key" authority/
    rm -f elasticsearch/*.crt kibana/*.crt # signed by an older one
fi
install -m 0444 authority/ca.crt ca/ca.crt

for name in elasticsearch kibana; do
    if [ ! -s "$name/$name.crt" ]; then
        elasticsearch-certutil cert --silent --pem --days 1095 --name "$name" \
            --dns "$name,localhost" --ip 127.0.0.1 \
            --ca-cert authority/ca.crt --ca-key authority/ca.key --out "$made/$name.zip"
        unzip -q "$made/$name.zip" -d "$made"
        cp "$made/$name/$name.key" "$name/"
        cp "$made/$name/$name.crt" "$name/" # last: it says that the pair is whole
    fi
    cp authority/ca.crt "$name/ca.crt"
    # Both images run as user 1000 of group 0.
    chown -R 1000:0 "$name"
    chmod 0750 "$name"
    chmod 0440 "$name"/*
done
chmod 0755 ca
rm -rf "$made"
echo "certificates are there"
