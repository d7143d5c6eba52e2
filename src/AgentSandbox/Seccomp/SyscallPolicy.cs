namespace AgentSandbox.Seccomp;

/// <summary>
/// Which system calls a payload may make, by name, for every architecture alike. An allow-list: what is named nowhere here, such as a system
/// call newer than this list, answers ENOSYS. What an ordinary program, compiler, debugger or package manager needs is allowed; what administers
/// the machine, or has been the way out of containers, is not, even where the payload lacks the capability for it: one check more to get past.
/// </summary>
internal static class SyscallPolicy
{
    /// <summary>Allowed whatever the arguments are.</summary>
    public const string Allowed =
        // Files
        "read write close pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 lseek stat fstat lstat newfstatat statx statfs fstatfs " +
        "access faccessat faccessat2 dup dup2 dup3 fcntl flock fsync fdatasync sync syncfs sync_file_range truncate ftruncate fallocate fadvise64 " +
        "readahead getdents getdents64 getcwd chdir fchdir rename renameat renameat2 rmdir link linkat unlink unlinkat symlink symlinkat readlink " +
        "readlinkat chown fchown lchown fchownat umask utime utimes utimensat futimesat copy_file_range sendfile splice tee close_range cachestat " +
        "setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr " +
        "setxattrat getxattrat listxattrat removexattrat statmount listmount " +
        "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch io_setup io_destroy io_getevents io_pgetevents io_submit io_cancel " +
        // Waiting, events, timers
        "poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 " +
        "pipe pipe2 timerfd_create timerfd_settime timerfd_gettime timer_create timer_settime timer_gettime timer_getoverrun timer_delete " +
        "nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times getitimer setitimer alarm pause " +
        // Memory
        "mmap mprotect munmap brk mremap msync mincore madvise process_madvise process_mrelease mlock mlock2 munlock mlockall munlockall " +
        "remap_file_pages memfd_create memfd_secret membarrier pkey_mprotect pkey_alloc pkey_free map_shadow_stack mseal " +
        // Processes, threads, signals
        "fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending " +
        "rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo rt_sigsuspend sigaltstack restart_syscall getpid gettid getppid getpgid setpgid getpgrp " +
        "getsid setsid set_tid_address set_robust_list get_robust_list futex futex_waitv futex_wake futex_wait futex_requeue rseq " +
        "pidfd_open pidfd_send_signal pidfd_getfd prctl arch_prctl set_thread_area get_thread_area getcpu uname sysinfo getrandom " +
        "sched_yield sched_setparam sched_getparam sched_setscheduler sched_getscheduler sched_get_priority_max sched_get_priority_min " +
        "sched_rr_get_interval sched_setaffinity sched_getaffinity sched_setattr sched_getattr getpriority setpriority ioprio_set ioprio_get " +
        "getrlimit setrlimit prlimit64 getrusage " +
        // Debuggers. Whom they may reach is the process namespace's and ptrace_may_access()'s business.
        "ptrace process_vm_readv process_vm_writev uretprobe uprobe " +
        // Identity; and what a payload can only use to give up more rights
        "getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid " +
        "capget capset seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self " +
        // Sockets, once made
        "connect accept accept4 bind listen shutdown getsockname getpeername getsockopt setsockopt sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg " +
        // System V and POSIX inter-process communication
        "shmget shmat shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl " +
        "mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr";

    /// <summary>Answered with EPERM.</summary>
    public const string Forbidden =
        // Mounts and roots
        "mount umount2 pivot_root chroot open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick mount_setattr quotactl quotactl_fd swapon swapoff " +
        // Namespaces
        "setns " +
        // Large kernel attack surface with a record of exploits
        "bpf perf_event_open userfaultfd vmsplice io_uring_setup io_uring_enter io_uring_register kcmp " +
        // Files by number past every mount, and watching whole file systems
        "name_to_handle_at open_by_handle_at lookup_dcookie fanotify_init fanotify_mark " +
        // Keyrings are not namespaced
        "add_key request_key keyctl " +
        // The machine: kernel code, boot, clock, log, accounting, names, ports
        "init_module finit_module delete_module kexec_load kexec_file_load reboot settimeofday clock_settime clock_adjtime adjtimex syslog acct " +
        "sethostname setdomainname vhangup iopl ioperm modify_ldt uselib " +
        // Placement of memory on NUMA nodes tells about others' memory
        "mbind set_mempolicy get_mempolicy set_mempolicy_home_node migrate_pages move_pages";

    /// <summary>
    /// Answered with ENOSYS although the number is known: clone3 hides its flags behind a pointer that a filter can't follow (C libraries then use clone);
    /// the others no kernel of today has, or nothing that runs in a sandbox uses.
    /// </summary>
    public const string Missing =
        "clone3 lsm_get_self_attr lsm_set_self_attr lsm_list_modules file_getattr file_setattr " +
        "ustat sysfs _sysctl create_module get_kernel_syms query_module nfsservctl getpmsg putpmsg afs_syscall tuxcall security vserver epoll_ctl_old epoll_wait_old";

    private const uint NamespaceFlags = 0x7E02_0000; // NEWNS NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET
    private const uint NewTime = 0x80; // Only unshare takes it; to clone these bits are the exit signal.
    private const uint SetIdBits = 0xC00; // S_ISUID | S_ISGID
    private const uint FileType = 0xF000; // S_IFMT
    private const uint CreatesFile = 0x40_0040; // O_CREAT | __O_TMPFILE: without one the kernel ignores the mode, which may then hold anything.

    /// <summary>The rule of every system call that this policy names.</summary>
    /// <param name="denySetIdBits">
    /// No file may get a set-user-id or set-group-id bit: needed as soon as the sandbox writes to a folder of the host,
    /// where a program that it leaves would run with another user's rights outside.
    /// </param>
    /// <param name="allowances">What is opened on top of it, see <see cref="SyscallAllowances"/>; null is nothing.</param>
    public static Dictionary<string, SyscallRule> Rules(bool denySetIdBits, IEnumerable<SandboxAllowance>? allowances = null)
    {
        var rules = new Dictionary<string, SyscallRule>(400);
        Add(rules, Allowed, SyscallRule.Allow);
        Add(rules, Forbidden, SyscallRule.Forbid);
        Add(rules, Missing, SyscallRule.Miss);

        rules.Add("clone", new(SeccompVerdict.Allow, new SyscallClause(SeccompVerdict.Forbidden, ArgumentTest.AnyBit(0, NamespaceFlags))));
        rules.Add("unshare", new(SeccompVerdict.Allow, new SyscallClause(SeccompVerdict.Forbidden, ArgumentTest.AnyBit(0, NamespaceFlags | NewTime))));

        // TIOCSTI types into the terminal that started the sandbox, TIOCLINUX pastes into a console: both run commands as whoever sits there.
        rules.Add("ioctl", new(SeccompVerdict.Allow, Forbid(ArgumentTest.Equals(1, 0x5412)), Forbid(ArgumentTest.Equals(1, 0x541C))));

        // Linux, with and without ADDR_NO_RANDOMIZE's sibling UNAME26, PER_LINUX32, and the query. Others switch off protections.
        rules.Add("personality", new(SeccompVerdict.Forbidden, Allow(0, 0), Allow(0, 8), Allow(0, 0x2_0000), Allow(0, 0x2_0008), Allow(0, uint.MaxValue)));

        rules.Add("socket", Sockets());
        rules.Add("socketpair", new(SeccompVerdict.NoFamily, Allow(0, 1)));
        AddModes(rules, denySetIdBits);
        SyscallAllowances.Apply(rules, allowances ?? []);
        return rules;
    }

    private static SyscallRule Sockets() => new(
        SeccompVerdict.NoFamily,
        Allow(0, 1), // AF_UNIX
        //// An old spelling of a packet socket: the kernel turns AF_INET with SOCK_PACKET into AF_PACKET. The type's upper bits are flags.
        new SyscallClause(SeccompVerdict.NoFamily, ArgumentTest.Equals(0, 2), new ArgumentTest(1, 0xF, 10)),
        Allow(0, 2), // AF_INET
        Allow(0, 10), // AF_INET6
        new SyscallClause(SeccompVerdict.Allow, ArgumentTest.Equals(0, 16), ArgumentTest.Equals(2, 0)), // AF_NETLINK, NETLINK_ROUTE
        new SyscallClause(SeccompVerdict.NoProtocol, ArgumentTest.Equals(0, 16)));

    private static void AddModes(Dictionary<string, SyscallRule> rules, bool denySetIdBits)
    {
        Add(rules, "mkdir chmod fchmod creat", denySetIdBits ? Mode(1) : SyscallRule.Allow);
        Add(rules, "mkdirat fchmodat fchmodat2", denySetIdBits ? Mode(2) : SyscallRule.Allow);
        rules.Add("mknod", Node(1, denySetIdBits));
        rules.Add("mknodat", Node(2, denySetIdBits));
        rules.Add("open", denySetIdBits ? OpenMode(1, 2) : SyscallRule.Allow);
        rules.Add("openat", denySetIdBits ? OpenMode(2, 3) : SyscallRule.Allow);

        // Its flags and mode are behind a pointer; C libraries and runtimes use openat when it is missing.
        rules.Add("openat2", denySetIdBits ? SyscallRule.Miss : SyscallRule.Allow);
    }

    private static SyscallRule Mode(int argument) => new(SeccompVerdict.Allow, Forbid(ArgumentTest.AnyBit(argument, SetIdBits)));

    /// <summary>Fifos, sockets and files, but no devices: whoever makes the node of a disk reads the disk.</summary>
    private static SyscallRule Node(int argument, bool denySetIdBits)
    {
        SyscallClause block = Forbid(new ArgumentTest(argument, FileType, 0x6000));
        SyscallClause character = Forbid(new ArgumentTest(argument, FileType, 0x2000));
        return new(SeccompVerdict.Allow, denySetIdBits ? [block, character, .. Mode(argument).Clauses] : [block, character]);
    }

    private static SyscallRule OpenMode(int flags, int mode) =>
        new(SeccompVerdict.Allow, Forbid(ArgumentTest.AnyBit(flags, CreatesFile), ArgumentTest.AnyBit(mode, SetIdBits)));

    private static SyscallClause Forbid(params ArgumentTest[] tests) => new(SeccompVerdict.Forbidden, tests);

    private static SyscallClause Allow(int argument, uint value) => new(SeccompVerdict.Allow, ArgumentTest.Equals(argument, value));

    private static void Add(Dictionary<string, SyscallRule> rules, string names, SyscallRule rule)
    {
        foreach (string name in names.Split(' '))
        {
            rules.Add(name, rule);
        }
    }
}
