"""Surnames, commonest first. The more signs a rule takes for surnames, the more everyday words it takes for names: each
rule says how far down the list it goes."""

FREQUENT = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
"""Some hundred, the names of four Chinese in five."""
COMMON = FREQUENT + "傅温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂"
ALL = COMMON + (
    "章鲁岳裴阮凌詹柯翟卞祝柳涂戚路辛关柴骆冉谷甘蓝宁霍鲍苗左耿欧焦滕褚敖卓屈苟隋艾贝邬管游穆植桂占简阎荣娄竺党宫费岑项季应裘麦明成姬靳桑"
)
COMPOUND = tuple(
    "欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 宇文 端木 南宫 西门 独孤 申屠 钟离 拓跋 完颜 纳兰".split()
)
RARE_COMPOUND = tuple(
    "司空 长孙 轩辕 百里 东郭 澹台 公冶 宗政 濮阳 淳于 单于 太叔 仲孙 鲜于 闾丘 闻人 赫连 呼延 第五 叶赫".split()
)
