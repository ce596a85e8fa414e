/** The bare horizon with its eye: of the log-in, and of an empty fleet. */
export const Lamp = () => (
  <svg class="lamp" viewBox="0 0 860 120" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
    <path d="M-2000 100h6000" class="lamp-line" />
    <path d="M392 100a38 38 0 0 1 76 0" class="lamp-eye" />
    <circle cx="430" cy="87" r="9" class="lamp-light" />
  </svg>
);
