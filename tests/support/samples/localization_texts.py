"""A sample of a realm's texts in one language."""

from tests.support.samples.sample import Sample

SAMPLES = {
    "provision:keycloak:LocalizationTexts": Sample(
        {"locale": "pt-BR", "texts": {"loginAccountTitle": "Olá, {0}", "a/b c%": "ü"}},
        {"texts": {"loginAccountTitle": "Olá!", "doLogIn": "Entrar"}},
    ),
}
