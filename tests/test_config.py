"""config.toml and people.toml: what is accepted, what is refused, and where secrets come from."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from maild.config import Config, find, key_ring, load, load_people, secret_problems
from maild.config.reach import complete_url, url_problem
from maild.config.secret import Secret
from maild.errors import ConfigError, PermanentError

MINIMAL = """
[desk]
address = "mesa@muni.example"
operator = "jefa@muni.example"
[mailbox]
host = "imap.muni.example"
user = "mesa"
[smtp]
host = "smtp.muni.example"
"""


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("MAILD_CONFIG", raising=False)


def written(folder: Path, text: str = MINIMAL, people: str = "") -> Path:
    (folder / "config.toml").write_text(text)
    (folder / "people.toml").write_text(people)
    return folder / "config.toml"


def loaded(folder: Path, text: str = MINIMAL, people: str = "") -> Config:
    return load(written(folder, text, people))


def refused(folder: Path, text: str = MINIMAL, people: str = "") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, people)
    return [str(problem) for problem in caught.value.problems]


# What a desk gets without asking --------------------------------------------------------------------------------------


def test_six_lines_are_a_configuration_and_paths_start_at_its_folder(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    assert config.domain == "muni.example"
    assert config.directory.domains == ("muni.example",)
    assert config.raw_folder == tmp_path / "storage" / "raw"
    assert config.database_url() == f"sqlite:///{tmp_path}/storage/maild.db"
    assert config.security.key_file == tmp_path / "secrets" / "token-key"
    assert config.rules_folder.parts[-2:] == ("rules", "base")
    assert (config.mailboxes[0].port, config.mailboxes[0].tls, config.smtp.tls) == (993, "implicit", "starttls")
    assert config.limits.message_size == 25 * 1024 * 1024
    assert config.mailboxes[0].idle == timedelta(minutes=9)


def test_several_mailboxes_have_names_and_their_own_secrets(tmp_path: Path) -> None:
    second = '[[mailbox]]\nname = "redes"\nhost = "imap.muni.example"\nuser = "redes"\n'
    config = loaded(tmp_path, MINIMAL.replace("[mailbox]", "[[mailbox]]") + second)
    assert [box.secret.name for box in config.mailboxes] == ["mailbox-password", "redes-password"]


def test_two_mailboxes_of_one_name_would_share_their_history(tmp_path: Path) -> None:
    text = MINIMAL.replace("[mailbox]", "[[mailbox]]") + '[[mailbox]]\nhost = "h"\nuser = "redes"\n'
    assert "un name distinto" in refused(tmp_path, text)[0]


def test_a_desk_without_a_mailbox_lives_from_the_pipe(tmp_path: Path) -> None:
    text = MINIMAL.replace('[mailbox]\nhost = "imap.muni.example"\nuser = "mesa"\n', "")
    assert loaded(tmp_path, text).mailboxes == ()


# All problems at once -------------------------------------------------------------------------------------------------


def test_the_problems_of_both_files_are_told_together(tmp_path: Path) -> None:
    text = MINIMAL.replace("operator", "operater").replace('user = "mesa"', 'user = "mesa"\nport = "993"')
    people = '[person.luis]\naddress = "luis@muni.example"\nname = "Luis"\nrol = "tecnico"\n'
    assert refused(tmp_path, text, people) == [
        "config.toml: [desk] falta «operator»",
        "config.toml: [desk] no conozco «operater»; ¿quiso decir «operator»?",
        "config.toml: [mailbox.port] «993» no es un número entero; escríbalo sin comillas ni decimales",
        "people.toml: [person.luis] falta «role»",
        "people.toml: [person.luis] no conozco «rol»; ¿quiso decir «role»?",
    ]


def test_broken_syntax_in_one_file_does_not_hide_the_other(tmp_path: Path) -> None:
    found = refused(tmp_path, MINIMAL + "[storage\n", "[person.luis]\n")
    assert found[0].startswith("config.toml: línea 10")
    assert "people.toml: [person.luis] falta «address»" in found


def test_the_operator_cannot_be_the_desk_itself(tmp_path: Path) -> None:
    assert "propia mesa" in refused(tmp_path, MINIMAL.replace("jefa@", "mesa@"))[0]


# TLS ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "LocalHost"])
def test_plain_text_may_reach_this_machine(tmp_path: Path, host: str) -> None:
    text = MINIMAL.replace("smtp.muni.example", f'{host}"\ntls = "none')
    assert loaded(tmp_path, text).smtp.tls == "none"


@pytest.mark.parametrize("host", ["smtp.muni.example", "10.0.0.1", "127.0.0.1.muni.example", "localhost.muni.example"])
def test_plain_text_reaches_nobody_else(tmp_path: Path, host: str) -> None:
    text = MINIMAL.replace("smtp.muni.example", f'{host}"\ntls = "none')
    assert "solo vale hacia esta misma máquina" in refused(tmp_path, text)[0]


def test_there_is_no_way_to_write_that_certificates_do_not_matter(tmp_path: Path) -> None:
    assert "no conozco «verify»" in refused(tmp_path, MINIMAL + "verify = false\n")[0]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://maild@db.muni.example/maild?sslmode=require",
        "postgresql://maild@db.muni.example/maild?sslmode=disable",
        "postgresql://maild@/maild?host=db.muni.example&sslmode=prefer",
        "postgresql://maild@localhost/maild?hostaddr=10.0.0.1&sslmode=disable",
        "postgresql://maild@localhost/maild?host=localhost,db.muni.example&sslmode=allow",
        "postgresql://maild@localhost/maild?service=otro",
        "mysql://maild@localhost/maild",
        "sqlite://",
        "maild.db",
    ],
)
def test_a_database_elsewhere_is_spoken_to_with_a_verified_name_or_not_at_all(tmp_path: Path, url: str) -> None:
    (found,) = refused(tmp_path, MINIMAL + f'[database]\nurl = "{url}"\n')
    assert found.startswith("config.toml: [database] url: ")


def test_a_database_elsewhere_is_verified_without_asking_and_one_here_need_not_be() -> None:
    assert complete_url("postgresql://maild@db.muni.example/maild", "") == (
        "postgresql+psycopg://maild@db.muni.example/maild?sslmode=verify-full"
    )
    for here in ("postgresql://maild@127.0.0.1:5433/maild", "postgresql://maild@/maild?host=/run/postgresql"):
        assert url_problem(here) == ""
        assert "sslmode" not in complete_url(here, "")


def test_a_password_with_every_odd_character_stays_inside_its_place() -> None:
    url = complete_url("postgresql://maild@127.0.0.1/maild", "p@ss:w/or?d#%")
    assert url == "postgresql+psycopg://maild:p%40ss%3Aw%2For%3Fd%23%25@127.0.0.1/maild"


def test_a_password_in_the_url_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (found,) = refused(tmp_path, MINIMAL + '[database]\nurl = "postgresql://maild:s3creta@localhost/maild"\n')
    assert "use password_file" in found
    assert "s3creta" not in found


# Secrets --------------------------------------------------------------------------------------------------------------


def secret_file(folder: Path, raw: bytes, mode: int = 0o600) -> Path:
    path = folder / "password"
    path.write_bytes(raw)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("raw", "secret"),
    [
        (b"clave\n", "clave"),
        (b"clave\r\n", "clave"),
        (b"clave", "clave"),
        (b"clave\n\n", "clave\n"),
        (b" con espacios \n", " con espacios "),
        ("\ufeffcontraseña\n".encode(), "contraseña"),
    ],
)
def test_one_end_of_line_belongs_to_the_editor_and_the_rest_to_the_password(
    tmp_path: Path, raw: bytes, secret: str
) -> None:
    assert Secret("p", secret_file(tmp_path, raw))() == secret


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o610, 0o644])
def test_a_secret_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    secret = Secret("p", secret_file(tmp_path, b"clave\n", mode))
    assert "chmod 600" in secret.problem()
    with pytest.raises(PermanentError):
        secret()


def test_a_credential_of_systemd_comes_first_whatever_its_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "smtp-password").write_text("de systemd\n")
    (tmp_path / "credentials" / "smtp-password").chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    assert Secret("smtp-password", secret_file(tmp_path, b"del archivo"))() == "de systemd"
    assert Secret("other-password", secret_file(tmp_path, b"del archivo"))() == "del archivo"


def test_a_rotated_file_counts_at_the_next_use(tmp_path: Path) -> None:
    secret = Secret("p", secret_file(tmp_path, b"ayer\n"))
    assert secret() == "ayer"
    secret_file(tmp_path, b"hoy\n")
    assert secret() == "hoy"


def test_development_may_use_a_variable_and_an_empty_one_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_PASSWORD", "clave")
    assert Secret("p", env="DESK_PASSWORD")() == "clave"
    monkeypatch.setenv("DESK_PASSWORD", "")
    assert "DESK_PASSWORD" in Secret("p", env="DESK_PASSWORD").problem()


@pytest.mark.parametrize("raw", [b"", b"\n", b"\xff\xfe"])
def test_an_empty_or_binary_secret_is_a_problem(tmp_path: Path, raw: bytes) -> None:
    assert "password" in Secret("p", secret_file(tmp_path, raw)).problem()


def test_a_password_in_the_file_is_refused_unless_tests_ask_for_it_and_is_never_shown(tmp_path: Path) -> None:
    text = MINIMAL + 'user = "mesa"\npassword = "s3creta"\n'
    (found,) = refused(tmp_path, text)
    assert "s3creta" not in found
    config = loaded(tmp_path, text + "[security]\nallow_inline_secrets = true\n")
    assert config.smtp.secret() == "s3creta"
    assert "s3creta" not in repr(config) + repr(config.smtp.secret)


def test_tickets_can_be_looked_at_without_any_secret_and_the_missing_ones_are_told_apart(tmp_path: Path) -> None:
    config = loaded(tmp_path, MINIMAL.replace('user = "mesa"', 'user = "mesa"\npassword_file = "no"'))
    found = [problem.key for problem in secret_problems(config)]
    assert found == ["mailbox", "security.key_file"]


@pytest.mark.parametrize(
    "wrong",
    [
        'password_file = "a"\npassword_env = "B"',
        'auth = "xoauth2"\npassword_file = "a"',
        'token_file = "a"',
    ],
)
def test_an_account_has_one_secret_of_the_right_kind(tmp_path: Path, wrong: str) -> None:
    assert len(refused(tmp_path, MINIMAL + wrong + "\n")) == 1


def test_the_first_key_of_the_ring_signs_and_all_verify(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    path = config.security.key_file
    path.parent.mkdir()
    path.write_text(f"# nota\nb {'0b' * 32}\na {'0a' * 32}\n")
    path.chmod(0o600)
    ring = key_ring(config)
    assert (ring.current, ring.keys) == ("b", {"b": b"\x0b" * 32, "a": b"\x0a" * 32})


@pytest.mark.parametrize("text", ["a 00\n", "clave\n", f"a {'0a' * 32}\na {'0b' * 32}\n", "# nada\n"])
def test_a_damaged_ring_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    config = loaded(tmp_path)
    config.security.key_file.parent.mkdir()
    config.security.key_file.write_text(text)
    config.security.key_file.chmod(0o600)
    with pytest.raises(PermanentError, match="no la edite") as caught:
        key_ring(config)
    assert "0a0a" not in str(caught.value)


# Which file counts ----------------------------------------------------------------------------------------------------


def test_the_given_file_counts_before_the_variable_and_the_variable_before_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {name: tmp_path / name / "config.toml" for name in ("given", "variable", "here")}
    for path in places.values():
        path.parent.mkdir()
        path.touch()
    monkeypatch.chdir(tmp_path / "here")
    assert find() == places["here"]
    monkeypatch.setenv("MAILD_CONFIG", str(places["variable"]))
    assert find() == places["variable"]
    assert find(places["given"]) == places["given"]


def test_a_named_file_that_is_absent_is_never_replaced_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="no existe"):
        find(tmp_path / "other.toml")


# People ---------------------------------------------------------------------------------------------------------------

LUIS = '[person.luis]\naddress = "Luis@muni.example"\nname = "Luis Rojas"\nrole = "tecnico"\n'


def test_people_are_found_by_any_of_their_addresses(tmp_path: Path) -> None:
    people = (
        LUIS + 'aliases = ["lrojas@muni.example"]\nchief_of = ["Redes"]\n[mailbox.mesa]\naddress = "m@muni.example"\n'
    )
    directory = loaded(tmp_path, people=people).directory
    luis = directory.by_address("LROJAS@muni.example")
    assert luis is not None
    assert (luis.key, luis.address, luis.chief_of, luis.language) == ("luis", "luis@muni.example", ("Redes",), "es")
    assert directory.mailboxes == {"mesa": "m@muni.example"}


def test_whoever_has_no_language_has_the_desks(tmp_path: Path) -> None:
    text = MINIMAL.replace("[mailbox]", 'language = "en"\n[mailbox]')
    ana = '[person.ana]\naddress = "ana@muni.example"\nname = "Ana"\nrole = "usuario"\nlanguage = "es"\n'
    languages = {person.key: person.language for person in loaded(tmp_path, text, LUIS + ana).directory.people}
    assert languages == {"luis": "en", "ana": "es"}


def test_an_address_of_two_people_identifies_neither(tmp_path: Path) -> None:
    ana = (
        '[person.ana]\naddress = "ana@muni.example"\naliases = ["LUIS@muni.example"]\nname = "Ana"\nrole = "usuario"\n'
    )
    shared = '[mailbox.mesa]\naddress = "ana@muni.example"\n'
    found = refused(tmp_path, people=LUIS + ana + shared)
    assert [problem.split("] ")[0] for problem in found] == ["people.toml: [mailbox.mesa", "people.toml: [person.ana"]


def test_nobody_has_the_desks_own_address(tmp_path: Path) -> None:
    assert "la propia mesa" in refused(tmp_path, people=LUIS.replace("Luis@", "mesa@"))[0]


def test_a_wildcard_is_nobody(tmp_path: Path) -> None:
    assert "comodín" in refused(tmp_path, people=LUIS.replace("Luis@", "*@"))[0]


def test_a_deputy_is_somebody_else_who_exists(tmp_path: Path) -> None:
    assert "¿quiso decir «luis»?" in refused(tmp_path, people=LUIS + 'deputy = "luiz"\n')[0]
    assert "nadie se reemplaza" in refused(tmp_path, people=LUIS + 'deputy = "luis"\n')[0]


def test_people_can_be_read_without_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "people.toml").write_text(LUIS)
    assert load_people(tmp_path / "people.toml", domains=["muni.example"]).is_own_domain("x@sub.muni.example")
    with pytest.raises(ConfigError, match="no existe"):
        load_people(tmp_path / "nobody.toml")


@pytest.mark.parametrize("clamd", ["/run/clamav/clamd.ctl", "127.0.0.1:3310", "[::1]:3310", ""])
def test_a_scanner_of_this_machine_is_accepted(tmp_path: Path, clamd: str) -> None:
    assert loaded(tmp_path, MINIMAL + f'[security]\nclamd = "{clamd}"\n').security.clamd == clamd


@pytest.mark.parametrize(
    "clamd", ["10.0.0.5:3310", "clamd.entidad.example:3310", "clamd.ctl", "127.0.0.1:", "127.0.0.1"]
)
def test_files_are_not_sent_unencrypted_over_a_network(tmp_path: Path, clamd: str) -> None:
    (said,) = refused(tmp_path, MINIMAL + f'[security]\nclamd = "{clamd}"\n')
    assert "sin cifrar" in said


@pytest.mark.parametrize("rule", [".exe", "*.exe", "EXE", ""])
def test_a_forbidden_file_is_an_ending_or_a_type(tmp_path: Path, rule: str) -> None:
    assert len(refused(tmp_path, MINIMAL + f'[security]\nforbidden_files = ["{rule}"]\n')) == 1
    loaded(tmp_path, MINIMAL + '[security]\nforbidden_files = ["exe", "application/x-dosexec"]\n')


def test_a_person_may_have_letters_outside_ascii_in_his_address_and_the_desk_may_not(tmp_path: Path) -> None:
    people = '[person.joel]\naddress = "Joe\u0308l@\u00e1mbito.example"\nname = "Jo\u00ebl"\nrole = "usuario"\n'
    written(tmp_path, people=people)
    directory = load_people(tmp_path / "people.toml")
    person = directory.by_address("jo\u00ebl@\u00e1mbito.example")
    assert person is not None and person.key == "joel"
    desk = MINIMAL.replace('"mesa@', '"mes\u00e1@')
    assert desk != MINIMAL and any("no es una direcci\u00f3n" in each for each in refused(tmp_path, desk))
    assert directory.by_address("joel@\u00e1mbito.example") is None
