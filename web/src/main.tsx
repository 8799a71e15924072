import {render} from "preact";
import {App} from "./app";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/now.css";
import "./styles/lanes.css";
import "./styles/pages.css";

const home = document.getElementById("app");
if (home) render(<App />, home);
