/**
 * VMs that libvirt lets nobody change: a change would wait for 30 seconds for the job of a migration, a save, a dump or a
 * snapshot to end, and then fail, and all that stands behind it in its virsh process would wait as well.
 *
 * `domjobinfo` tells of a job where one is under way, and of its operation. On the host that a VM migrates to it only says
 * that it has no statistics, and `domstate` tells (seen on libvirt 9.0.0). What `domstate` says of a VM that was saved and
 * then started paused is the same, and there `domjobinfo` tells of no job. A backup leaves changes be (qemuBackupBegin).
 * The state `Completed` is that of a job which has not ended yet: all is sent, and something waits for its file.
 *
 * While a VM starts, `domjobinfo` itself waits for that to end, and so would a change; `domstate` tells at once (seen on
 * libvirt 9.0.0). So all are asked for their state before anything else, and those that start for nothing more.
 */

/** So long the host asks. Where somebody else holds a VM's lock, `domjobinfo` itself would wait for it. */
const PATIENCE_S = 5;

/** The commands that print the states of the domains in `$z`, and a mark after the last one. */
export const ASK_STATES =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
  '$(for i in $z; do i=${i%:*}; echo "echo $m:w:$i;domstate --reason $i;"; done)echo $m:w;';

/**
 * Reads what these print, and no more: sets `$k` to those that start. No VM's owner has a say in these lines. Variables:
 * a line · i the domain that it is about.
 */
export const STARTING =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
  'k=; while read -r a; do case $a in ($m:w:*) i=${a#"$m:w:"} ;;' +
  ' ($m:w) break ;; ("paused (starting up)") k="$k $i" ;; esac; done';

/**
 * Defines `j`: of the domains in `$z` those that libvirt lets nobody change, each as `j:UUID:OPERATION`, by one virsh
 * process; those in `$k` are not asked about. A domain whose answer does not come in time is one of them, too, without an
 * operation. Rules of filter_script.ts hold. Variables: m mark, p `j:`, s `:`, y `_`, a what `domstate` tells of · t line · q the domain that
 * it is about · v its operation · w it is in a job · o nothing was said of its jobs yet · e none.
 */
export const IN_JOB =
  `j() { for i in $k; do printf %s "j:$i:Start "; done; t=; command -v timeout >/dev/null 2>&1 && t="timeout ${PATIENCE_S}"` +
  '; $t $V -r -c "$u" "$(for i in $z; do' +
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
  ' i=${i%:*}; case "$k " in (*" $i "*) continue ;; esac; echo "echo $m:j:$i;domstate --reason $i;domjobinfo $i";' +
  ' done; echo "echo $m:j:")" </dev/null 2>/dev/null' +
  ' | awk -v ORS=" " -v m="$m:j:" -v p=j: -v s=: -v y=_ -v a=Incoming_migration "' +
  [
    'BEGIN{while((getline t)>0){',
    'if(index(t,m)==1){if(w)print p q s v;q=substr(t,length(m)+1);w=0;v=e;o=q==e?0:1}',
    'else if(t~/[(]migrating[)]/){w=1;v=a}',
    'else if(t~/^Job type:/){o=0;w=t~/None/?0:1}',
    'else if(t~/^Operation:/){sub(/^[^:]*: */,e,t);gsub(/[^A-Za-z]+/,y,t);if(t~/^Backup/)w=0;v=t}}',
    'if(w||o)print p q s v}',
  ].join('') +
  '"; }';
