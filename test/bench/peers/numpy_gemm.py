"""The machine's GEMM peak as OpenBLAS reaches it, through numpy: products of square matrices in float32."""

import numpy

from serve import serve


def prepare(request):
    size = request["size"]
    a, b = numpy.random.default_rng(1).random((2, size, size), dtype=numpy.float32)
    out = numpy.empty((size, size), numpy.float32)
    return lambda: numpy.matmul(a, b, out=out), 0, lambda threads: None


serve("OpenBLAS (numpy)", numpy.__version__, prepare)
