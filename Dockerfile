# likeness with the extra for an audience, as compose.yaml runs it; without a graphics card.
FROM python:3.12-slim
COPY . /src
RUN pip install --no-cache-dir -c /src/constraints.txt '/src[audience]' 'pg8000>=1.31' \
    && rm -r /src \
    && useradd --create-home night \
    && install -d -o night -m 700 /night
USER night
CMD ["likeness", "--help"]
