"""Call what newer kernels added, by number: a list of names from an older library would not have them."""

CELL = '''
import ctypes, struct
folder = TARGETS["drop"].encode()
value = ctypes.create_string_buffer(b"secret")
arguments = ctypes.create_string_buffer(struct.pack("QII", ctypes.addressof(value), 6, 0))
attributes = ctypes.create_string_buffer(64)
attempt("setxattrat", syscall, 463, -100, folder, 0, b"user.inputs", arguments, 16)
attempt("removexattrat", syscall, 466, -100, folder, 0, b"user.inputs")
attempt("open_tree_attr", syscall, 467, -100, b"/", 1, 0, 0)
attempt("file_setattr", syscall, 469, -100, folder, attributes, 24, 0)
attempt("fchmodat2", syscall, 452, -100, folder, 0o700, 0)
attempt("mount_setattr", syscall, 442, -100, b"/", 0, attributes, 32)
attempt("listmount", syscall, 458, attributes, attributes, 0, 0)
attempt("statmount", syscall, 457, attributes, attributes, 64, 0)
attempt("lsm_list_modules", syscall, 461, attributes, attributes, 0)
attempt("listns", syscall, 470, attributes, attributes, 1, 0)
attempt("not yet there", syscall, 490, 0, 0, 0)
attempt("far away", syscall, 2000, 0, 0, 0)
'''
NO = "PermissionError 1|OSError 38"
ATTEMPTS = dict.fromkeys(["setxattrat", "removexattrat", "open_tree_attr", "file_setattr", "fchmodat2", "mount_setattr",
                          "listmount", "statmount", "lsm_list_modules", "listns", "not yet there", "far away"], NO)
