"""Faulty plugins at random: files with one fault in one hook, whose other hooks do what they should."""

import random
import textwrap
from dataclasses import dataclass

CHAIN = {"update": "latent", "process_image": "image"}
HOOKS = {
    "import": "",
    "declare_params": "",
    "start": "stage",
    "handle": "event, stage",
    "update": "latent, params, frame",
    "process_image": "image, params, frame",
    "describe_visitors": "",
    "load_generator": "path, device, size",
    "state": "",
    "restore": "state",
    "stop": "stage",
}
GOOD = {
    "declare_params": "return [Float('by', 0.1)]",
    "update": "return latent + params['by']",
    "process_image": "return image * 0.9",
    "describe_visitors": "return ()",
    "state": "return 1",
}
RAISES = (
    "raise ValueError('no')",
    "raise KeyboardInterrupt",
    "raise SystemExit(3)",
    "sys.exit()",
    "raise GeneratorExit",
    "raise BaseException('all')",
    "raise asyncio.CancelledError",
    "raise StopIteration",
    "raise MemoryError",
    "raise ExceptionGroup('many', [ValueError(), KeyError()])",
    "raise Unspeakable",
    "raise UnicodeDecodeError('utf-8', b'\\xff', 0, 1, 'bad')",
    "recurse()",
    "assert False, 'x' * 100_000",
    "raise torch.cuda.OutOfMemoryError('none left')",
)
HANGS = (
    "threading.Event().wait()",
    "while True: pass",
    "time.sleep(1e6)",
    "swallow()",
    "threading.Lock().acquire() and dead.acquire() and dead.acquire()",
    "time.sleep(2.0) if random.random() < 0.05 else None",
    "time.sleep(random.random() * 0.2)",
)
# Of `x`, the hook's tensor.
VALUES = (
    *("0", "'text'", "b'bytes'", "[1, 2]", "x.tolist()", "(x, x)", "(each for each in x)", "object()", "type"),
    *("x.numpy()", "{'x': x}", "float('nan')", "x[..., :1]", "x[None]", "torch.zeros(0)", "x.reshape(-1)", "x.mT"),
    *("x.double()", "x.half()", "x.to(torch.complex64)", "x > 0", "x.to(torch.int8)", "x.bfloat16()"),
    *("x * float('nan')", "x + float('inf')", "x * 1e38", "x / 0", "-x / 0", "x.to('meta')", "x.to_sparse()"),
    *("torch.quantize_per_tensor(x.clone(), 0.1, 0, torch.qint8)", "torch.nn.Parameter(torch.zeros(x.shape))"),
    *("torch.nn.Parameter(x, requires_grad=False)", "Sub.of(x)", "Dispatching(x)", "Pretends()", "emptied(x)"),
    *("x.flip(0)", "x.view(x.shape)", "torch.zeros(()).expand(x.shape)", "x.transpose(-1, -2).contiguous().mT"),
    *("x.zero_()", "x.mul_(1e30)", "x.fill_(float('nan'))", "x.unsqueeze_(0)", "x.transpose_(-1, -2)"),
    *("x.t_() if x.dim() == 2 else x.squeeze_()", "kept.append(x) or kept[0]", "x.set_()", "torch.empty_like(x)"),
    *(
        "torch.zeros(1, 512, 4096, 64)",
        "x.to(torch.float64).requires_grad_()",
        "torch._C._functorch._add_batch_dim(x, 0, 1)",
    ),
)
STATE = (
    *("sys.setrecursionlimit(60)", "sys.setswitchinterval(5.0)", "sys.stdout = None", "sys.stderr = open('/dev/null')"),
    *("sys.__stdout__ = None", "sys.excepthook = None", "threading.excepthook = None", "gc.disable()"),
    *("os.chdir('/')", "torch.set_default_dtype(torch.float64)", "torch.set_default_device('meta')"),
    *("torch.set_grad_enabled(True)", "torch._C._set_deterministic_algorithms(True)", "torch.set_num_threads(1)"),
    *("random.seed(1)", "numpy.random.seed(1)", "torch.manual_seed(1)", "locale.setlocale(locale.LC_ALL, 'C')"),
    *("signal.signal(signal.SIGINT, signal.SIG_IGN)", "warnings.simplefilter('error')", "threading.settrace(None)"),
    *("logging.disable()", "logging.getLogger().handlers.clear()", "logging.getLogger('likeness').disabled = True"),
    *("os.environ['LIKENESS_HOME'] = '/nowhere'", "os.environ.clear()", "sys.setprofile(lambda *_: None)"),
    *("torch.inference_mode(False).__enter__()", "torch.autocast('cpu', torch.bfloat16).__enter__()"),
    *("torch.set_float32_matmul_precision('medium')", "sys.settrace(lambda *_: None)", "mode().__enter__()"),
)
# In the place of what a hook returns that is no tensor.
ANSWERS = (
    "1",
    "'text'",
    "[1]",
    "[None]",
    "object()",
    "[Float('bypass')]",
    "[Float('a'), Float('a')]",
    "{'a': 1}",
    "x()",
)
# In the place of a generator: what has its names and nothing behind them.
GENERATORS = (
    *ANSWERS,
    "types.SimpleNamespace(info=1, mean=2, sample=3, synthesize=4)",
    "types.SimpleNamespace(info=info(), mean=torch.zeros(4, 16), sample=recurse, synthesize=recurse)",
    "types.SimpleNamespace(info=info(), mean=None, sample=lambda seeds: None, synthesize=lambda *a, **k: None)",
    "types.SimpleNamespace(info=info(), mean=torch.zeros(4, 16), sample=swallow, synthesize=swallow)",
    "Sub.of(torch.zeros(4, 16))",
    "Pretends()",
)
PREAMBLE = '''\
"""A plugin at fault."""
import asyncio, gc, itertools, locale, logging, os, random, signal, sys, threading, time, types, warnings
import numpy, torch
from likeness import Float, hookimpl

dead, kept = threading.Lock(), []

class Unspeakable(Exception):
    def __str__(self): raise RuntimeError("no words")
    __repr__ = __str__

class Sub(torch.Tensor):
    @staticmethod
    def of(x): return x.clone().as_subclass(Sub)
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None): raise RuntimeError("not with me")

class Dispatching(torch.Tensor):
    @staticmethod
    def __new__(cls, x): return torch.Tensor._make_wrapper_subclass(cls, x.shape, dtype=x.dtype, device=x.device)
    def __init__(self, x): pass
    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None): raise RuntimeError("not with me")

class Pretends:
    __class__ = property(lambda self: time.sleep(1e6))

def mode():
    from torch.utils._python_dispatch import TorchDispatchMode
    class Refuses(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None): raise RuntimeError("not with me")
    return Refuses()

def emptied(x):
    result = x.clone()
    result.untyped_storage().resize_(0)
    return result

def info():
    from likeness.generator import GeneratorInfo, Licence
    return GeneratorInfo("faulty", 4, 16, 64, Licence("CC0", True), {})

def recurse(*_, **__): return recurse() + 1

def swallow(*_, **__):
    while True:
        try: time.sleep(0.05)
        except BaseException: pass

'''


@dataclass(frozen=True)
class Faulty:
    """A plugin's source and its fault in words."""

    source: str
    hook: str
    fault: str


def draw_faulty(dice: random.Random) -> Faulty:
    """Return a plugin with one fault in one hook, at every call, or from the fourth on."""
    hook = dice.choice(list(HOOKS))
    answers = {**dict.fromkeys(CHAIN, VALUES), "load_generator": GENERATORS}.get(hook, ANSWERS)
    kinds = [RAISES, HANGS, STATE, answers]
    weights = [3, 1, 3, 5 if hook in CHAIN else 1]
    kind = dice.choices(kinds, weights)[0]
    fault = dice.choice(kind)
    if kind is VALUES:
        fault = f"x = {CHAIN[hook]}; return {fault}"
    elif kind is answers:
        fault = "pass" if hook == "import" else f"x = itertools.count; return {fault}"
    return Faulty(write_source(hook, fault, late=hook in CHAIN and dice.random() < 0.3), hook, fault)


def write_source(hook: str, fault: str, *, late: bool = False) -> str:
    """Return a plugin's file whose `hook` has `fault`; `late` lets three calls pass before."""
    lines = [PREAMBLE]
    if hook == "import":
        lines.append(fault)
    lines += ["class Plugin:", "    calls = 0"]
    for name, arguments in HOOKS.items():
        if name == "import":
            continue
        body = GOOD.get(name, "pass")
        if name == hook:
            begun = "self.calls += 1\n" + (f"if self.calls < 4: {body}\n" if late else "")
            body = f"{begun}{fault}\n{body}"
        head = f"@hookimpl\ndef {name}(self{', ' if arguments else ''}{arguments}):\n"
        lines.append(textwrap.indent(head + textwrap.indent(body, "    "), "    "))
    return "\n".join(lines) + "\n"
