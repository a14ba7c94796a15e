"""Languages of short texts."""

import pytest

from polytask.tasks.language import language

SAMPLES = {
    "en": "How do I top up my card if the app does not let me?",
    "de": "Wie kann ich meine Karte aufladen, wenn die App das nicht erlaubt und ich es will?",
    "fr": "Je ne sais pas comment utiliser la carte que vous avez envoyée dans la lettre.",
    "es": "No sé cómo usar la tarjeta que me enviaron por correo, pero es muy bonita.",
    "it": "Non so come usare la carta che mi è stata inviata, ma è molto bella.",
    "pt": "Não sei como usar o cartão que me enviaram por correio, mas é muito bonito.",
    "nl": "Ik weet niet hoe ik de kaart moet gebruiken die je voor mij op de post hebt gedaan.",
    "zh": "你好，请问这家酒店的电话是多少？",
    "ja": "このホテルの電話番号を教えてください。",
    "ko": "이 호텔의 전화번호를 알려주세요.",
    "ru": "Подскажите, пожалуйста, номер телефона гостиницы.",
    "ar": "ما هو رقم هاتف هذا الفندق؟",
    "": "CCOc1ccc2nc(S(N)(=O)=O)sc2c1 CCN1C(=O)NC(c2ccccc2)C1=O",
}


@pytest.mark.parametrize("code", SAMPLES)
def test_language(code):
    assert language([SAMPLES[code]]) == code


def test_nothing_to_read_is_unknown():
    assert language([]) == ""
    assert language(["123 456", "😀"]) == ""
