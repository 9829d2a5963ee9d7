"""Invented requests for measuring: sentences put together from parts, so that 100,000 of them differ.

The same seed always gives the same texts, people and codes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from hotline.domain.drafts import Person, TicketDraft
from hotline.domain.reference import Reference

PLACES = (
    "中心菜市场",
    "老汽车站",
    "滨江公园",
    "第三小学",
    "体育馆北门",
    "人民医院",
    "青年公寓",
    "工人文化宫",
    "东门桥",
    "果品批发市场",
)
TROUBLES = (
    ("夜间施工噪音", "工地凌晨两点还在浇筑混凝土，声音很大，老人孩子都睡不好，希望按规定时间施工"),
    ("路灯不亮", "一整排路灯坏了半个月，晚上接孩子看不清路，已经有人摔倒，希望尽快修好"),
    ("垃圾没有清运", "垃圾桶满了三天没有人收，天气热味道很重，苍蝇很多，希望安排清运"),
    ("自来水压力太小", "六楼以上每天傍晚没有水，物业说是管网的事，希望查明原因并解决"),
    ("拖欠工资", "做完工程三个月了，老板一直不结工钱，一共欠十二个人的工资，请帮助讨要"),
    ("公交车不按时", "末班车经常提前发车，下晚班赶不上，希望公交公司按时刻表运行"),
    ("电动车占用消防通道", "楼道里停满电动车还拉线充电，很危险，希望有人来管"),
    ("外墙瓷砖脱落", "楼上外墙瓷砖往下掉，砸坏了停在下面的车，不知道该找谁维修"),
    ("油烟扰民", "楼下餐馆排烟口正对住户窗户，每天中午晚上都是油烟，多次沟通没有结果"),
    ("咨询医保报销", "父亲在外地住院，想问异地就医怎样备案，报销比例是多少，需要哪些材料"),
    ("预付卡不退款", "健身房突然关门，办的年卡还有八个月没有用，联系不上负责人，希望退款"),
    ("道路积水", "一下雨路口就积水到膝盖，车辆熄火，行人没法走，希望疏通下水道"),
)
WISHES = ("请尽快处理并回复", "希望有关部门到现场看一看", "已经反映过一次没有结果", "请告知办理进度", "盼复")
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
QUERIES = (
    "路灯不亮",
    "拖欠工资",
    "医保报销",
    "施工噪音",
    "垃圾清运",
    "油烟",
    "积水",
    "退款 健身房",
    "消防通道 电动车",
    "公交车",
)


@dataclass
class Texts:
    """A stream of drafts over the codes of a centre."""

    reference: Reference
    seed: int = 1

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._areas = [row["code"] for row in self.reference.all_of("area") if row["level"] == "town"]
        self._matters = [row["code"] for row in self.reference.all_of("category") if row.get("level") == 3]
        self._matters = self._matters or [row["code"] for row in self.reference.all_of("category")]

    def text(self) -> tuple[str, str, str]:
        """(title, text, place)."""
        pick = self._random.choice
        place, (title, told) = pick(PLACES), pick(TROUBLES)
        number = self._random.randint(1, 400)
        text = (
            f"{place}附近{number}号，{told}。{pick(WISHES)}。来电编号{self._random.randint(10_000, 99_999)}。"
        )
        return f"{place}{title}", text, f"{place}{number}号"

    def draft(self) -> TicketDraft:
        """A request as an agent would register it, with a caller, a place and a matter."""
        title, text, place = self.text()
        phone = f"13{self._random.randint(0, 999_999_999):09}"
        return TicketDraft(
            text=text,
            title=title,
            place=place,
            area=self._random.choice(self._areas),
            category=self._random.choice(self._matters),
            request_type="complaint",
            caller=Person(
                name=f"{self._random.choice(SURNAMES)}某{self._random.randint(1, 99)}", phone=phone
            ),
        )

    def drafts(self, count: int) -> Iterator[TicketDraft]:
        return (self.draft() for _ in range(count))
