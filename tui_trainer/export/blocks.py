"""The pieces that the exported script is put together from. `{name}` is filled in by `script`."""

DOCSTRING = '''\
"""A run of tui-trainer again, in plain PyTorch: prints the loss of each epoch.

On the CPU, with the same version of torch, these are its numbers to the last bit. A run that went
in native code or on a GPU differs from them by rounding.
"""
'''

HOLD_OUT = """
# Some samples are held out of training.
order = np.random.default_rng([SEED, 1]).permutation(len(x))
test = np.sort({held_out})
train = np.setdiff1d(np.arange(len(x)), test)
x_test, y_test, x, y = x[test], y[test], x[train], y[train]
"""
SHARE, SHARE_OF_EACH = "order[: round(len(x) * TEST_FRACTION)]", "stratified(order, y, TEST_FRACTION)"

FILL = """
# A feature that is missing is the mean of those of the training samples.
given = ~np.isnan(x)
means = np.where(given, x, 0.0).sum(axis=0) / np.maximum(given.sum(axis=0), 1)
x = np.where(given, x, means)
"""

FILL_TEST = """\
x_test = np.where(np.isnan(x_test), means, x_test)
"""

SCALE = """
# Training sees numbers of mean 0 and deviation 1; the losses that are printed are in the data's own units.
def mean_and_deviation(values):
    mean, deviation = float(values.mean()), float(values.std())
    return mean, deviation if deviation > {rounding!r} * abs(mean) else 1.0  # below rounding, values are constant


"""

SCALE_AXIS = """\
{axis}_mean, {axis}_deviation = np.array([mean_and_deviation(column) for column in {axis}.T]).T
{axis} = ({axis} - {axis}_mean) / {axis}_deviation
"""

SCALE_PICTURES = """\
x_mean, x_deviation = mean_and_deviation(x.ravel())  # all pixels alike
x = (x - x_mean) / x_deviation
"""

SCALE_TEST = """\
{axis}_test = ({axis}_test - {axis}_mean) / {axis}_deviation
"""

TENSORS = """
# Tensors of shape (samples, {features}), and {targets}.
x_train = torch.tensor(x, dtype=DTYPE)
y_train = torch.tensor(y{dtype})
"""

TEST_TENSORS = """\
x_test = torch.tensor(x_test, dtype=DTYPE)
y_test = torch.tensor(y_test{dtype})
"""

NETWORK = """
# The network: {kind}.
torch.set_num_threads(THREADS)
torch.manual_seed(SEED)
{layers}loss_fn = {loss_fn}
optimizer = {optimizer}
"""

SCALER = """\
scaler = torch.amp.GradScaler("cpu", enabled=PRECISION == torch.float16)
"""

LAYERS = """\
layers = []
for inputs, outputs in itertools.pairwise([{features}, *HIDDEN, {outputs}]):
{activation}    layers.append(nn.Linear(inputs, outputs))
model = nn.Sequential(*layers).to(DTYPE)
"""

CONVOLUTIONS = """\
channels, height, width = {shape}
layers = [nn.Unflatten(1, (channels, height, width))]
for outputs in HIDDEN:
    layers.append(nn.Conv2d(channels, outputs, {kernel}, padding={padding}))
{activation}    if min(height, width) >= {least}:
        layers.append(nn.MaxPool2d(2))
        height, width = height // 2, width // 2
    channels = outputs
layers += [nn.Flatten(), nn.Linear(channels * height * width, {outputs})]
model = nn.Sequential(*layers).to(DTYPE)
"""

AFTER_CONVOLUTION = """\
    layers.append({activation})
"""

ACTIVATION = """\
    if layers:
        layers.append({activation})
"""

LOAD = """\
model.load_state_dict({load})
with torch.inference_mode():
    y = {prediction}
"""

LOOP = """
# The loop.
{generator}steps = 0
for epoch in range(EPOCHS):
    order = {order}
    total = 0.0
    for batch in order.split({at_once}):
        x, y = x_train[batch], y_train[batch]
{change}{step}        steps += 1
        total += loss.item() * len(batch)
    if not math.isfinite(total):
        sys.exit("diverged")
    print(total / len(x_train){unit})
"""

GENERATOR = "generator = torch.Generator().manual_seed(SEED)\n"
SHUFFLED, IN_ORDER = "torch.randperm(len(x_train), generator=generator)", "torch.arange(len(x_train))"
UNIT = " * y_deviation.item()**{degree}"

CHANGE = """\
        if steps in CHANGES:
            for group in optimizer.param_groups:
                group["lr"] = CHANGES[steps]
"""

TEST = """
with torch.inference_mode():
    print("held-out loss:", loss_fn(model(x_test), y_test).item(){unit}, file=sys.stderr)
"""

WEIGHTS = """\
The weights of a run of tui-trainer, as the state_dict of a network that predicts y from x{columns}.
With FILE naming this file, and x a float64 tensor of shape (samples, {features}) in the data's own units,
the lines below make the network and predict y, {targets}:

{code}"""
