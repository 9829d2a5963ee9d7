"""What the charts of 热点 and 预警 draw, as the values of their data attributes, and the same as table rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hotline.web import rendering

Row = dict[str, Any]
CHARTED = 10


def ranking(topics: list[Row]) -> Row:
    """The hottest topics with what their heat is made of."""
    first = topics[:CHARTED]
    if not first:
        return {}
    keys = {part["key"]: part["name"] for topic in first for part in topic["parts"]}
    parts = [{"name": name, "values": [_part(topic, key) for topic in first]} for key, name in keys.items()]
    return {"heat": {"labels": [f"{t['rank']}. {t['name']}" for t in first], "parts": parts}}


def _part(topic: Row, key: str) -> float:
    return next((float(part["value"]) for part in topic["parts"] if part["key"] == key), 0.0)


def topic(row: Row, run: Row) -> Row:
    """Trend and areas of one topic."""
    trend = [
        {"label": label, "value": value} for label, value in zip(buckets(row, run), row["trend"], strict=True)
    ]
    areas = row["areas"][:12]
    return {
        "rows": trend,
        "trend": {
            "name": "件数",
            "labels": [item["label"] for item in trend],
            "values": [item["value"] for item in trend],
        },
        "areas": {
            "name": "工单",
            "labels": [area["name"].split(" › ")[-1] for area in areas],
            "values": [area["count"] for area in areas],
        }
        if areas
        else None,
    }


def buckets(row: Row, run: Row) -> list[str]:
    """The labels of a trend: days, or the first and last day of each bucket; the last one ends with the period."""
    end = rendering.local(run["until"] - timedelta(seconds=1)).date()
    width, count = row["bucket_days"], len(row["trend"])
    labels = []
    for back in range(count - 1, -1, -1):
        last = end - timedelta(days=back * width)
        first = last - timedelta(days=width - 1)
        labels.append(_short(last) if width == 1 else f"{_short(first)}–{_short(last)}")
    return labels


def _short(day: date) -> str:
    return f"{day.month}-{day.day}"


def burst(warning: Row) -> Row:
    """What came on each day against what is usual, and the days of the burst."""
    days = warning["days"]
    first = date.fromisoformat(warning["since"])
    shown = [
        {
            "label": _short(date.fromisoformat(day["day"])),
            "marked": date.fromisoformat(day["day"]) >= first,
            **day,
        }
        for day in days
    ]
    columns = {name: [row[name] for row in shown] for name in ("count", "expected", "low", "high")}
    start = next((at for at, row in enumerate(shown) if row["marked"]), len(shown))
    series = {
        "labels": [row["label"] for row in shown],
        "values": columns.pop("count"),
        "from": start,
        **columns,
    }
    return {"rows": list(reversed(shown)), "series": series}
