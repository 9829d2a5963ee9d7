"""The segmentation everything else leans on."""

import threading

import jieba

from classifiers.segment import Segmenter, fold_width, shipped_words


def test_government_words_stay_whole():
    words = Segmenter().cut("物业费太高,小区电梯困人,街道办事处互相推诿")
    assert {"物业费", "电梯困人", "街道办事处", "互相推诿"} <= set(words)


def test_words_handed_in_stay_whole_and_do_not_leak_into_other_segmenters():
    text = "青石湾七彩长廊的灯不亮"
    assert "七彩长廊" in Segmenter(["七彩长廊"]).cut(text)
    assert "七彩长廊" not in Segmenter().cut(text)
    assert "七彩长廊" not in jieba.dt.user_word_tag_tab


def test_a_word_may_carry_a_count_as_in_a_user_dictionary():
    assert "滨水东步道" in Segmenter(["滨水东步道 3000", "  ", ""]).cut("滨水东步道积水")


def test_the_prefix_dictionary_is_the_one_jieba_would_build():
    theirs = jieba.Tokenizer.gen_pfdict(jieba.Tokenizer().get_dict_file())[0]
    ours = Segmenter().tokenizer.FREQ
    own = {word.split(" ")[0] for word in shipped_words()}
    assert all(ours[word] == count for word, count in theirs.items() if word not in own)


def test_no_cache_file_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Segmenter().load()
    assert list(tmp_path.iterdir()) == []


def test_cutting_for_search_gives_the_parts_of_long_words_too():
    words = Segmenter().cut_for_search("住房和城乡建设局")
    assert {"住房", "城乡", "建设", "住房和城乡建设局"} <= set(words)


def test_blanks_and_bare_punctuation_are_no_words():
    assert Segmenter().cut(" 你好 ,。!  \n") == ["你好"]
    assert Segmenter().cut("") == []


def test_normalising_folds_width_case_variants_and_invisible_signs():
    normalise = Segmenter().normalise
    assert normalise("ＡＰＰ１２３") == "app123"
    assert normalise("臺灣的電話") == "台湾的电话"
    assert normalise("自\u200b来\ufeff水") == "自来水"
    assert normalise("第3①条") == "第3 1 条"


def test_rare_characters_and_emoji_survive_normalising():
    assert Segmenter().normalise("𠮷家㑇😀") == "𠮷家㑇😀"
    assert Segmenter().cut("a\ud800b") == ["a", "b"]


def test_folding_width_keeps_every_offset():
    text = "电话:１３８、ＡＢ　😀"
    assert len(fold_width(text)) == len(text)
    assert fold_width(text) == "电话:138、AB 😀"


def test_shipped_words_are_each_there_once():
    words = shipped_words()
    assert len(words) > 500
    assert len(words) == len(set(words))


def test_many_threads_can_cut_with_a_segmenter_nobody_has_loaded():
    segmenter, cuts = Segmenter(), []
    threads = [
        threading.Thread(target=lambda: cuts.append(tuple(segmenter.cut("小区停水没人管")))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cuts) == 8
    assert len(set(cuts)) == 1
