// A shape's gaps on a logarithmic axis, and where the open ones stand.
import type {Shape} from "../api/types";
import {histogram, marks, position} from "../lib/histogram";
import {duration, roughly} from "../lib/time";
import {count, plural} from "../lib/words";

const WIDTH = 520;
const HEIGHT = 62;
const FLOOR = 50;

export function Gaps({shape}: {shape: Shape}) {
  const made = histogram(shape);
  const x = (ms: number): number => position(ms, made.low, made.high) * WIDTH;
  const tau = shape.tau_ms;
  const oldest = Math.max(0, ...shape.open.map((one) => one.age_ms));
  const spoken = `${count(shape.completed)} gaps, half within ${duration(shape.median_ms)}, nine of ten within ${duration(shape.p90_ms)}; ${shape.open.length} open, the oldest ${duration(oldest)}`;
  return (
    <figure class="gaps" role="img" aria-label={spoken}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + 6}`} preserveAspectRatio="none">
        {tau !== null && <rect class="beyond" x={x(tau)} y={0} width={WIDTH - x(tau)} height={FLOOR} />}
        {made.bars.map((bar) => (
          <rect key={bar.to} class="ended" x={x(bar.from) + 0.5} width={Math.max(1.5, x(bar.to) - x(bar.from) - 1)} y={FLOOR - Math.max(1.5, bar.height * (FLOOR - 12))} height={Math.max(1.5, bar.height * (FLOOR - 12))}>
            <title>{`${plural(bar.completed, "gap")} up to ${duration(bar.to)}`}</title>
          </rect>
        ))}
        <path class="floor" d={`M0 ${FLOOR}H${WIDTH}`} vector-effect="non-scaling-stroke" />
        {shape.open.map((one) => <path key={one.key} class={`open ${shape.verdict === "leaked" && one.named === false ? "slow" : shape.verdict}`} d={`M${x(one.age_ms)} 2V${FLOOR + 5}`} vector-effect="non-scaling-stroke"><title>{`${one.key.split("@")[0]}: open for ${duration(one.age_ms)}`}</title></path>)}
      </svg>
      <div class="scale" aria-hidden="true">
        {marks(made.low, made.high).map((mark) => <span key={mark} style={{left: `${position(mark, made.low, made.high) * 100}%`}}>{roughly(mark)}</span>)}
      </div>
    </figure>
  );
}
