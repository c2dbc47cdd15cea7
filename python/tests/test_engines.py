"""The lines of the README for clusters: Ray and Spark, where they are installed."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import sympe

SMILES = ["CCO", "OCC", "c1ccccc1", "C1=CC=CC=C1", "CC(C)C", "OCC"] * 20
CLASSES = 3


def test_ray() -> None:
    ray = pytest.importorskip("ray")
    digests = lambda part: sympe.canonicalize_smiles(part, threads=1).digest  # noqa: E731
    parts = [SMILES[:50], SMILES[50:]]
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        found = np.concatenate(ray.get([ray.remote(digests).remote(part) for part in parts]))
    finally:
        ray.shutdown()
    assert np.array_equal(found, digests(SMILES)) and len(np.unique(found, axis=0)) == CLASSES


def test_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    sql = pytest.importorskip("pyspark.sql")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    builder = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate()
    try:
        frame = spark.createDataFrame([(text,) for text in SMILES], ["smiles"]).repartition(3)

        def keys(batches):
            for batch in batches:
                found = sympe.canonicalize_smiles(batch["smiles"].to_pylist(), threads=1)
                yield from found.to_arrow(fixed_size=False).to_batches()

        schema = "digest binary, order string, log_order double, num_nodes bigint"
        rows = frame.mapInArrow(keys, schema).dropDuplicates(["digest"]).collect()
    finally:
        spark.stop()
    assert {bytes(row.digest) for row in rows} == {row.tobytes() for row in sympe.canonicalize_smiles(SMILES).digest}
    assert sorted(row.order for row in rows) == ["12", "12", "1296"]
