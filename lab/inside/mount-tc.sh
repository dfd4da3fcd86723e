# Sourced inside a hypervisor: puts bin/tc before the real tc, under its name, with the mode that LAB_TC names.
if [ "$LAB_TC" != none ]; then
  touch /run/tc/real
  tc=$(readlink -f "$(command -v tc)")
  mount --bind "$tc" /run/tc/real
  mount --make-private /run/tc/real       # or what is mounted over tc next would appear here too
  mount --bind /run/lab/bin/tc "$tc"
  if [ "$LAB_TC" = real ]; then touch /run/lab/real-tc; fi
fi
