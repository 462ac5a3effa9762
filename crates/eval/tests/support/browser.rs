//! A real browser, asked over its own pipe: Chromium without a window, driven by
//! the DevTools protocol. It needs no library: the protocol is JSON with a zero
//! byte after each message, on the file descriptors 3 and 4.
//!
//! What the page says, loads or throws is kept, so that a test can ask for
//! silence. Every wait ends: a browser that does not answer is an error.

#![allow(dead_code, reason = "each test uses its own part of this")]
#![allow(unreachable_pub, reason = "shared by tests, which export nothing")]

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Far more than any answer takes, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
pub struct Browser {
    process: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: String,
    number: u64,
    events: Vec<Value>,
    /// Its profile: no traces in the user's.
    _profile: tempfile::TempDir,
}

/// How a page is shown.
#[derive(Clone, Copy)]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
}

impl Browser {
    /// Starts a browser, or says what is missing.
    pub fn start() -> Result<Browser, String> {
        let name = NAMES
            .iter()
            .find(|name| {
                Command::new(name)
                    .arg("--version")
                    .stderr(Stdio::null())
                    .output()
                    .is_ok_and(|o| o.status.success())
            })
            .ok_or_else(|| format!("missing: a browser; none of {} runs here", NAMES.join(", ")))?;
        let profile = tempfile::TempDir::new().map_err(|e| format!("a folder for the profile: {e}"))?;
        let mut process = Command::new("sh")
            .arg("-c")
            // What Rust can connect are 0 and 1; the browser wants 3 and 4.
            .arg("exec 3<&0 4>&1 </dev/null >/dev/null; exec \"$@\"")
            .args(["sh", name, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"])
            .args([
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--hide-scrollbars",
            ])
            .args([
                "--disable-component-update",
                "--disable-sync",
                "--disable-extensions",
                "--force-color-profile=srgb",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("`sh` does not start: {e}"))?;
        let (to, out) = (process.stdin.take().expect("piped"), process.stdout.take().expect("piped"));
        let (send, from) = channel();
        thread::spawn(move || {
            for message in BufReader::new(out).split(0).map_while(Result::ok) {
                if let Ok(value) = serde_json::from_slice(&message) {
                    let _ = send.send(value);
                }
            }
        });
        let mut browser = Browser {
            process,
            to,
            from,
            session: String::new(),
            number: 0,
            events: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))?;
        let attached = browser
            .call("Target.attachToTarget", json!({"targetId": target["targetId"], "flatten": true}))?;
        browser.session = attached["sessionId"].as_str().unwrap_or_default().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(browser)
    }

    /// One call of the protocol.
    pub fn call(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to
            .write_all(&bytes)
            .and_then(|()| self.to.flush())
            .map_err(|e| format!("{method}: the browser is gone: {e}"))?;
        let number = self.number;
        let answer = self.wait(method, |value| value["id"] == number)?;
        match answer.get("error") {
            Some(error) => Err(format!("{method}: {error}")),
            None => Ok(answer["result"].clone()),
        }
    }

    fn wait(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Result<Value, String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let value = self
                .from
                .recv_timeout(left)
                .map_err(|e| format!("{what}: no answer from the browser: {e}"))?;
            if is(&value) {
                return Ok(value);
            }
            if value.get("method").is_some() {
                self.events.push(value);
            }
        }
    }

    /// Sets the window.
    pub fn screen(&mut self, screen: Screen) {
        let Screen { width, height, dark } = screen;
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size).unwrap();
        let scheme = if dark { "dark" } else { "light" };
        // Without motion, what is clicked stays where it was seen.
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features})).unwrap();
        self.settle();
    }

    /// Opens a file, with `#…` after it or not, and forgets what earlier pages did.
    pub fn open(&mut self, file: &Path, hash: &str) {
        self.call("Page.navigate", json!({"url": "about:blank"})).unwrap();
        self.settle();
        self.events.clear();
        let url = format!("file://{}{hash}", file.display());
        self.call("Page.navigate", json!({"url": url})).unwrap();
        let end = Instant::now() + PATIENCE;
        while self.eval("document.readyState") != "complete" || self.eval("location.protocol") != "file:" {
            assert!(Instant::now() < end, "{url} does not load");
            thread::sleep(Duration::from_millis(20));
        }
        self.settle();
    }

    /// Waits until what was drawn has been seen: two frames.
    pub fn settle(&mut self) {
        self.eval(
            "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(r, 0))))",
        );
    }

    /// The value of an expression, or of what it promises.
    pub fn eval(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", params).unwrap();
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The text of an element.
    pub fn text(&mut self, selector: &str) -> String {
        let value = self.eval(&format!("document.querySelector({})?.innerText ?? null", json!(selector)));
        value.as_str().unwrap_or_else(|| panic!("there is no `{selector}`")).to_owned()
    }

    /// Clicks into an element, so far across and down, as shares of its size.
    pub fn click(&mut self, selector: &str, across: f64, down: f64) {
        let place = self.eval(&format!(
            "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{block: 'center', behavior: 'instant'}});
               const b = e.getBoundingClientRect(); return [b.left + b.width * {across}, b.top + b.height * {down}]; }})()",
            json!(selector)
        ));
        self.settle();
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let params =
                json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", params).unwrap();
        }
        self.settle();
    }

    /// Presses a key, such as `ArrowDown`, where the focus is.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            " " => (32, " "),
            "End" => (35, ""),
            "Home" => (36, ""),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            _ => (0, ""),
        };
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        for kind in [down, "keyUp"] {
            let mut params = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" {
                params["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", params).unwrap();
        }
        self.settle();
    }

    /// Errors and warnings of the page since it was opened.
    pub fn complaints(&mut self) -> Vec<String> {
        self.settle();
        let bad = |event: &&Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => event["params"]["type"] != "log",
            Some("Log.entryAdded") => {
                matches!(event["params"]["entry"]["level"].as_str(), Some("error" | "warning"))
            }
            _ => false,
        };
        self.events.iter().filter(bad).map(|event| event["params"].to_string()).collect()
    }

    /// What the page asked for since it was opened, but for itself and what it holds.
    pub fn requests(&mut self) -> Vec<String> {
        self.settle();
        let urls = self.events.iter().filter(|e| e["method"] == "Network.requestWillBeSent");
        let urls = urls.filter(|e| e["params"]["type"] != "Document");
        let urls = urls.filter_map(|e| e["params"]["request"]["url"].as_str());
        urls.filter(|url| !url.starts_with("data:")).map(str::to_owned).collect()
    }

    /// A picture of the window, or of the whole page, as PNG in base64.
    pub fn screenshot(&mut self, whole: bool) -> String {
        let params = json!({"format": "png", "captureBeyondViewport": whole});
        let answer = self.call("Page.captureScreenshot", params).unwrap();
        answer["data"].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.session.clear();
        let _ = self.call("Browser.close", json!({}));
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
