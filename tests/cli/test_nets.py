"""Networks of a kind that people have, each with its own parameters: trained, and killed on the way."""

import pytest

from tests.nets import NETS, copy_nets


@pytest.fixture(params=NETS)
def net(request, tmp_path):
    """The flags that train one of them, and the names of its parameters."""
    copy_nets(tmp_path)
    settings, parameters = NETS[request.param]
    return [f"--{name}={value}" for name, value in settings.items()], parameters


@pytest.mark.slow
def test_it_trains_with_a_value_of_its_own(command, net):
    flags, (parameter, *_) = net
    ran = command("train", "--json", "--device=cpu", "--epochs=8", *flags, f"--model.{parameter}=2,4")
    assert ran.code == 0
    assert [ended["run"] for ended in ran.of("run_finished")] == [f"model.{parameter}=2", f"model.{parameter}=4"]
    for run in ran.of("run_finished"):
        losses = [event["loss"] for event in ran.of("epoch") if event["run"] == run["run"]]
        assert min(losses[-3:]) < 0.95 * losses[0]


@pytest.mark.slow
def test_a_detached_run_of_it_is_killed_and_goes_on_to_the_bit(killed, goes_on_to_the_bit, net):
    flags, _ = net
    goes_on_to_the_bit(killed(*flags), *flags)
