import { COLOUR_RULES, COLOUR_VARIABLES } from './palette.ts';

/** The style sheet of the page: no font, image or rule from outside. */
export const STYLES = `
:root{color-scheme:light dark;--paper:#fff;--sheet:#f6f7f8;--ink:#1b2126;--soft:#59656e;--hair:#dfe4e8;--rule:#c6ced4;
--pass:#1a7348;--fail:#b3261e;--open:#8a5a00;--pass-bg:#e7f4ed;--fail-bg:#fbeae9;--open-bg:#fbf1df;--link:#0b5cad;${COLOUR_VARIABLES.light}
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;
--mono:ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono","Noto Sans Mono CJK SC",monospace}
@media (prefers-color-scheme:dark){:root{--paper:#14181b;--sheet:#1c2125;--ink:#e4e8eb;--soft:#9aa6ae;--hair:#2b3238;--rule:#3d464d;
--pass:#63c595;--fail:#ff8f86;--open:#e8b75a;--pass-bg:#173326;--fail-bg:#3b1d1b;--open-bg:#372a12;--link:#7db7f0;${COLOUR_VARIABLES.dark}}}
*{box-sizing:border-box}
html{scroll-padding-top:12px}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/1.5 var(--sans);font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
a{color:var(--link)}
code,pre{font-family:var(--mono);font-size:.9em;font-variant-ligatures:none}
code{overflow-wrap:break-word}
dd code,p code{overflow-wrap:anywhere}
.defs{position:absolute}
.page{max-width:1240px;margin:0 auto;padding:28px 28px 56px}
header h1{margin:0;font-size:26px;line-height:1.2;letter-spacing:-.01em;font-weight:650;overflow-wrap:anywhere}
.subtitle{margin:4px 0 18px;color:var(--soft)}
.subtitle>span:not(:last-child)::after{content:"·";margin:0 .55em;color:var(--rule)}
.forecast{margin:0 0 12px;padding:9px 14px;border:2px dashed var(--open);border-radius:4px;font-weight:600;color:var(--open);max-width:none}
.banner{display:grid;grid-template-columns:auto 1fr;gap:2px 20px;align-items:center;padding:14px 18px;border-radius:4px;border-left:6px solid}
.banner .word{grid-row:span 2;font-size:24px;font-weight:700;letter-spacing:.02em}
.banner p{margin:0;color:var(--ink)}
.banner .exit{font-size:13px;color:var(--soft)}
.holds{color:var(--pass)}.violated{color:var(--fail)}.inconclusive{color:var(--open)}
.banner.holds{background:var(--pass-bg);border-color:var(--pass)}
.banner.violated{background:var(--fail-bg);border-color:var(--fail)}
.banner.inconclusive{background:var(--open-bg);border-color:var(--open)}
nav{margin:20px 0 0;font-size:13px}
nav ol{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:2px 16px}
nav a{color:var(--soft);text-decoration:none}
nav a:hover{color:var(--link);text-decoration:underline}
section{margin-top:34px}
h2{margin:0 0 10px;padding-top:9px;border-top:1px solid var(--rule);font-size:18px;line-height:1.3;font-weight:650}
h3{margin:22px 0 8px;font-size:14px;font-weight:650}
p{margin:8px 0;max-width:92ch}
.note{color:var(--soft);font-size:12.5px;max-width:120ch}
.warning{padding:7px 12px;border-left:3px solid var(--open);background:var(--open-bg);max-width:none}
ul{margin:8px 0;padding-left:20px;max-width:96ch}
.table{overflow-x:auto;margin:8px 0}
table{border-collapse:collapse;width:100%;font-size:13px;line-height:1.4}
caption{text-align:left;font-weight:650;padding:10px 0 5px}
th,td{padding:5px 12px 5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--hair)}
th:last-child,td:last-child{padding-right:0}
th{color:var(--soft);font-weight:600;font-size:12px;vertical-align:bottom;border-bottom-color:var(--rule)}
.right{text-align:right}
td.right,td.tight{white-space:nowrap}
/* read row by row: such a cell may break at a space before its table has to scroll */
.stack td.right{white-space:normal}
td.wide{min-width:180px;overflow-wrap:break-word}
td.right+td:not(.right),th.right+th:not(.right){padding-left:10px}
.value,.range,.whole,.variant{white-space:nowrap}
td .range{color:var(--soft);font-size:12px}
td .below{display:block;color:var(--soft);font-size:12px;white-space:normal}
td.right .range{display:block}
td .below.holds{color:var(--pass)}td .below.violated{color:var(--fail)}td .below.inconclusive{color:var(--open)}
.value.best{font-weight:700}.value.ahead{font-weight:600}
td.wide>.figure>.value{white-space:normal}
.variant{font-weight:650}
th .swatch{margin-right:5px}
.callout{margin:6px 0 14px;padding:13px 18px;border:1px solid var(--rule);border-left:6px solid var(--link);border-radius:4px;background:var(--sheet)}
.callout p{margin:5px 0 0;font-size:13.5px;max-width:110ch}
.callout p.what{margin:0;font-size:12px;font-weight:650;color:var(--soft)}
.callout p.headline{margin:2px 0 0;font-size:17px;line-height:1.35;font-weight:650;max-width:none}
tbody tr:hover{background:var(--sheet)}
.blank{color:var(--soft);opacity:.7}
.badge{display:inline-block;white-space:nowrap;font-weight:650;font-size:12px;line-height:1.35;padding:1px 7px;border-radius:3px}
.badge.holds{background:var(--pass-bg)}.badge.violated{background:var(--fail-bg)}.badge.inconclusive{background:var(--open-bg)}
.badge.plain{background:var(--sheet);color:var(--ink)}
.outcome{white-space:nowrap;font-weight:600}
.swatch{width:11px;height:11px;margin-right:7px;vertical-align:-1px;border-radius:2px}
.outline{fill:none;stroke:var(--c-planned);stroke-width:1}
.stripe{stroke:var(--paper);stroke-width:1.3;fill:none}
dl{display:grid;grid-template-columns:minmax(140px,210px) 1fr;gap:0;margin:8px 0;font-size:13px}
dt,dd{margin:0;padding:4px 0;border-bottom:1px solid var(--hair)}
dt{color:var(--soft);padding-right:14px}
dd{overflow-wrap:anywhere}
details{margin:6px 0;border:1px solid var(--hair);border-radius:4px;padding:0 12px}
summary{cursor:pointer;padding:6px 0;font-size:13px;overflow-wrap:anywhere}
details[open]{padding-bottom:8px}
details[open]>summary{font-weight:600}
pre{margin:8px 0;padding:10px 12px;background:var(--sheet);border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45}
figure{margin:16px 0}
figcaption{font-weight:650;margin-bottom:2px}
figure p{margin:0 0 6px}
.bars{display:inline-block;width:min(100%,470px);margin-right:28px;vertical-align:top}
figure svg.chart,.chart svg{display:block;width:100%;height:auto}
.chart text{font:11.5px var(--sans);fill:var(--soft);font-variant-numeric:tabular-nums}
.chart text.label{fill:var(--ink);font-weight:600}
.grid path{stroke:var(--hair);fill:none}
.ticks path{stroke:var(--rule)}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round}
.s-limit{stroke-dasharray:6 4}
.line.s-step{stroke-width:1.3}
.legend{display:flex;flex-wrap:wrap;gap:3px 16px;margin:6px 0;padding:0;list-style:none;font-size:12.5px;max-width:none}
.legend .stroke{width:18px;height:10px;margin-right:6px;vertical-align:0}
.interval{width:120px;height:16px;vertical-align:-4px;margin-right:9px}
.interval .axis{stroke:var(--rule)}
.interval .range{fill:var(--c-requests);opacity:.4}
.interval .value{fill:var(--c-requests)}
.interval .reference{stroke:var(--ink);stroke-width:1.6}
td.fit{min-width:190px}
.measured{display:inline-block}
.live-chart{display:none}
figure.live .live-chart{display:block}
figure.live .chart,figure.live>.legend{display:none}
.live-chart .u-legend{text-align:left;margin:4px 0 0;font-size:12.5px}
.live-chart .u-legend .u-series{margin-right:8px}
.live-chart .u-legend .u-label{font-weight:400}
.live-chart .u-select{background:var(--c-quota);opacity:.12}
footer{margin-top:40px;padding-top:10px;border-top:1px solid var(--rule);color:var(--soft);font-size:12.5px}
${COLOUR_RULES}
@media (min-width:1180px){
.page{display:grid;grid-template-columns:178px minmax(0,1fr);column-gap:38px;max-width:1400px}
header,footer{grid-column:2}
nav{grid-column:1;grid-row:1/span 3;margin:6px 0 0}
nav ol{position:sticky;top:28px;flex-direction:column;gap:5px}
main{grid-column:2}
}
@media (max-width:640px){
.page{padding:16px 14px 40px}
.banner{grid-template-columns:1fr}.banner .word{grid-row:auto}
dl{grid-template-columns:1fr}dt{border-bottom:0;padding-bottom:0}dd{padding-top:0}
.bars{margin-right:0}
nav{display:none}
.stack thead{display:none}
.stack table,.stack tbody,.stack tr,.stack td,.stack caption{display:block;width:auto}
.stack tr{padding:7px 0;border-bottom:1px solid var(--rule)}
.stack td,.stack td.right,.stack td.right+td:not(.right){display:grid;grid-template-columns:38% 1fr;gap:8px;padding:2px 0;border:0;text-align:left;white-space:normal;min-width:0}
.stack td::before{content:attr(data-label);color:var(--soft);font-size:12px}
.stack td>*{justify-self:start}
}
@media print{
@page{size:A4;margin:13mm}
:root{color-scheme:light}
body{font-size:9.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.page{display:block;max-width:none;padding:0}
nav,.chart-data{display:none}
section{margin-top:18px}
h2{font-size:13pt;break-after:avoid}h3,caption{break-after:avoid}
.table{overflow:visible}
table{font-size:7.6pt;line-height:1.3}
th{font-size:7.2pt}
th,td{padding:2.5px 6px 2.5px 0;overflow-wrap:break-word}
.note{font-size:8pt}
.bars{width:47%;margin-right:2%}
dl{grid-template-columns:minmax(110px,160px) 1fr}
details dl{grid-template-columns:auto 1fr auto 1fr}
details dt{padding-right:8px}details dd{padding-right:14px}
td.right,td.tight{white-space:normal}
td.fit{min-width:80px}
.value,.range,.variant{white-space:normal}
td.wide{min-width:70px}
.badge{white-space:normal;font-size:7.4pt;padding:0 4px}
thead{display:table-header-group}
tr,figure,.banner,dt,dd{break-inside:avoid}
dl{font-size:8.4pt}
pre{font-size:7.4pt}
.interval{display:block;width:80px}
details{border:0;padding:0}
details::details-content{display:block;content-visibility:visible;block-size:auto}
figure.live .live-chart{display:none}
figure.live .chart{display:block}figure.live>.legend{display:flex}
}
`;
