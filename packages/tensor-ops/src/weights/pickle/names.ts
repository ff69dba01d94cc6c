/**
 * What the Python names in a pickle stand for. Protocols, and Python 2 and 3, spell the same things differently; this file is the one
 * place that knows the spellings and says which names are data, which are left closed and which are refused.
 *
 * Sources: Python's Lib/_compat_pickle.py (names of Python 2), sys.stdlib_module_names, torch/_weights_only_unpickler.py.
 */

/** Names of Python 2, as protocols 0 to 2 spell them, and of libraries that have moved; the first that applies decides. */
const ALIASES: readonly (readonly [RegExp, string])[] = [
  [/^(?:__builtin__|builtins)\.(?:unicode|basestring)$/, 'builtins.str'],
  [/^__builtin__\.long$/, 'builtins.int'],
  [/^__builtin__\.xrange$/, 'builtins.range'],
  [/^__builtin__\.unichr$/, 'builtins.chr'],
  [/^__builtin__\.reduce$/, 'functools.reduce'],
  [/^__builtin__\.intern$/, 'sys.intern'],
  [/^__builtin__\./, 'builtins.'],
  [/^exceptions\.StandardError$/, 'builtins.Exception'],
  [/^exceptions\./, 'builtins.'],
  [/^itertools\.i(zip|map|filter)$/, 'builtins.$1'],
  [/^copy_reg\./, 'copyreg.'],
  [/^(?:UserDict|UserList|UserString)\.(?:Iterable)?/, 'collections.'],
  [/^_collections\./, 'collections.'],
  [/^pathlib\._local\./, 'pathlib.'],
  [/^numpy\._core\./, 'numpy.core.'],
  [/^numpy\.core\._multiarray_umath\./, 'numpy.core.multiarray.'],
  [/^torch\.tensor\._rebuild_from_type_v2$/, 'torch._tensor._rebuild_from_type_v2'],
  [/^torch\.storage\.(\w+Storage)$/, 'torch.$1'],
  [/^torch\.cuda\.(\w+Storage)$/, 'torch.$1'],
];

/** The name of today's Python and libraries for any spelling. */
export function canonicalName(spelled: string): string {
  for (const [old, now] of ALIASES) if (old.test(spelled)) return spelled.replace(old, now);
  return spelled;
}

/** Names that stand for themselves in a configuration, such as a `defaultdict`'s factory; calling one is refused. */
const PLAIN_NAMES: readonly RegExp[] = [
  /^builtins\.(?:int|float|str|bool|NoneType|ellipsis|Ellipsis|NotImplemented|memoryview|property)$/,
  /^builtins\.(?:abs|all|any|chr|divmod|enumerate|filter|len|map|max|min|ord|pow|repr|reversed|round|sorted|sum|zip)$/,
  /^math\.\w+$/,
];

/** Parts of Python's own library whose objects are plain records: options, paths, dates, numbers, enumerations, types. */
const STANDARD_RECORDS: readonly RegExp[] = [
  /^builtins\.[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Exit|Iteration)$/,
  /^builtins\.object$/,
  /^(?:argparse\.Namespace|builtins\.(?:range|slice)|string\.Template|time\.struct_time|random\.Random|functools\.partial)$/,
  /^(?:enum|typing|pathlib|decimal|_decimal|fractions|ipaddress|numbers|abc)\._?[A-Z]\w*$/,
  /^enum\.auto$/,
  /^dataclasses\.(?:Field|MISSING|_[A-Z]\w*)$/,
  /^datetime\.(?:date|datetime|time|timedelta|timezone|tzinfo)$/,
  /^uuid\.(?:UUID|SafeUUID)$/,
  /^zoneinfo\.ZoneInfo(?:\._unpickle)?$/,
  /^collections\.(?:ChainMap|UserDict|UserList|UserString)$/,
  /^types\.(?:SimpleNamespace|MappingProxyType|GenericAlias|UnionType|NoneType)$/,
  /^operator\.(?:itemgetter|or_)$/,
  /^re\._compile$/,
  /^logging\.(?:Logger|getLogger)$/,
  /^array\.(?:array|_array_reconstructor)$/,
];

/** Functions of libraries that make plain records: their results are left closed like objects. */
const RECORD_FUNCTIONS: readonly RegExp[] = [
  /^torch\.(?:device|Generator|serialization\._get_layout|cuda\._utils\.\w+)$/,
  /^numpy\.(?:ma\.core\._mareconstruct|rec\.recarray|core\.records\.\w+)$/,
  /^(?:addict\.addict|easydict|yacs\.config|ml_collections\.config_dict\.config_dict)\.\w+$/,
  /^pandas\.(?:core|_libs)\.[\w.]+$/,
];

/** Classes whose attributes or items are a configuration's values: they are listed with the metadata. */
const CONFIGURATIONS =
  /^(?:argparse\.Namespace|types\.SimpleNamespace|addict\.addict\.Dict|easydict\.EasyDict|(?:[\w.]+\.)?(?:ConfigDict|CfgNode|AttributeDict))$/;

/** All of Python's own library: what it offers beyond the records above runs programs, code or the network, or has no place in weights. */
const STANDARD_LIBRARY = new Set(
  (
    'abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins bz2 cProfile ' +
    'calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib ' +
    'contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ' +
    'ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext ' +
    'glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword ' +
    'lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc ' +
    'nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil ' +
    'platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri ' +
    'random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib ' +
    'sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct ' +
    'subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit ' +
    'tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid ' +
    'venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo ' +
    // Of Python 2, and what installs or loads code beside it.
    'commands popen2 cPickle cStringIO StringIO httplib urllib2 urlparse thread Queue SocketServer ConfigParser pip setuptools dill cloudpickle joblib'
  ).split(' '),
);

/** How far a name is trusted. */
export type NameKind =
  /** A name that stands for itself. */
  | 'name'
  /** An object that is kept closed: nothing is made of it, weights never come from it. */
  | 'opaque'
  /** A class or function of a library or a user's program: kept closed when it makes an object, refused when it is a function to call. */
  | 'foreign'
  | 'refused';

/** The kind of a canonical name for which there is no maker. */
export function kindOfName(name: string): NameKind {
  if (PLAIN_NAMES.some((plain) => plain.test(name))) return 'name';
  if (STANDARD_RECORDS.some((record) => record.test(name)) || RECORD_FUNCTIONS.some((record) => record.test(name))) {
    return 'opaque';
  }
  const [root] = name.split('.', 1);
  // `_socket`, `_posixsubprocess` and the like are the inner halves of the library.
  return STANDARD_LIBRARY.has(root!) || /^_[a-z]/.test(root!) ? 'refused' : 'foreign';
}

/** Makes an object again: what classes give pickle to be called, those of Cython among them. */
const REBUILDERS = /(?:unpickle|reconstruct|rebuild|_ctor$)/i;

/** By Python's naming, which its libraries keep: `lower_case` is a function, and it does something unless it rebuilds an object. */
export function isFunctionName(name: string): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1);
  return /^_*[a-z]/.test(last) && !REBUILDERS.test(last);
}

export const isConfiguration = (name: string): boolean => CONFIGURATIONS.test(canonicalName(name));
