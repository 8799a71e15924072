#include "report/exposition.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <utility>

namespace lockkeeper::test {
namespace {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// The text between { and }. Nothing where it is malformed.
std::optional<std::map<std::string, std::string>> read_labels(std::string text) {
  static const std::regex label(R"rx(^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$))rx");
  std::map<std::string, std::string> labels;
  for (std::smatch match; !text.empty(); text = match.suffix()) {
    if (!std::regex_search(text, match, label) || !labels.emplace(match[1], match[2]).second) return std::nullopt;
    if (match[3] == "," && match.suffix().length() == 0) return std::nullopt;
  }
  return labels;
}

std::optional<Sample> read_sample(const std::string& line) {
  static const std::regex form(R"(^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$)");
  std::smatch match;
  if (!std::regex_match(line, match, form)) return std::nullopt;
  const auto labels = read_labels(match[2]);
  if (!labels) return std::nullopt;
  const std::string number = match[3];
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (*end != '\0' || std::isnan(value)) return std::nullopt;
  return Sample{match[1], *labels, value};
}

class Reader {
 public:
  std::vector<std::string> read(std::string_view text) {
    if (text.empty() || text.back() != '\n') fault("the text does not end with a newline");
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      ++line_;
      read_line(std::string(text.substr(0, end)));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    end_family();
    return std::move(faults_);
  }

 private:
  void fault(const std::string& what) { faults_.push_back("line " + std::to_string(line_) + ": " + what); }

  void read_line(const std::string& line) {
    static const std::regex help("^# HELP ([a-z_][a-z0-9_]*) .+$");
    static const std::regex type("^# TYPE ([a-z_][a-z0-9_]*) (counter|gauge|histogram)$");
    std::smatch match;
    if (std::regex_match(line, match, help)) {
      end_family();
      family_ = match[1];
      if (!families_.insert(family_).second) fault("family " + family_ + " comes twice");
    } else if (std::regex_match(line, match, type)) {
      if (match[1] != family_ || !type_.empty()) fault("TYPE does not follow its HELP");
      type_ = match[2];
    } else if (const auto sample = read_sample(line)) {
      take(*sample);
    } else {
      fault("neither HELP, TYPE nor a sample: " + line);
    }
  }

  void take(const Sample& sample) {
    if (type_.empty()) fault("a sample before its TYPE");
    if (!seen_.insert({sample.name, sample.labels}).second) fault("a sample comes twice");
    if (type_ == "histogram") return take_histogram(sample);
    if (sample.name != family_) fault(sample.name + " is not of family " + family_);
    if (type_ == "counter" && !sample.name.ends_with("_total")) fault("a counter's name does not end in _total");
    if (type_ == "counter" && sample.value < 0) fault("a counter is negative");
  }

  struct Histogram {
    double bound = -std::numeric_limits<double>::infinity();
    double cumulative = 0;
    std::optional<double> count;
    bool has_sum = false;
  };

  void take_histogram(Sample sample) {
    const auto bound = sample.labels.extract("le");
    Histogram& histogram = histograms_[sample.labels];
    if (sample.name == family_ + "_bucket" && !bound.empty()) {
      const double upper = std::strtod(bound.mapped().c_str(), nullptr);
      if (!(upper > histogram.bound)) fault("buckets do not grow");
      if (sample.value < histogram.cumulative) fault("buckets are not cumulative");
      histogram.bound = upper;
      histogram.cumulative = sample.value;
    } else if (sample.name == family_ + "_count" && bound.empty()) {
      histogram.count = sample.value;
    } else if (sample.name == family_ + "_sum" && bound.empty()) {
      histogram.has_sum = true;
    } else {
      fault("no part of a histogram: " + sample.name);
    }
  }

  void end_family() {
    if (!family_.empty() && type_.empty()) fault("family " + family_ + " has no TYPE");
    for (const auto& [labels, histogram] : histograms_) {
      if (!std::isinf(histogram.bound)) fault("a histogram of " + family_ + " has no bucket +Inf");
      if (histogram.count != histogram.cumulative) fault("_count of " + family_ + " is not its last bucket");
      if (!histogram.has_sum) fault("a histogram of " + family_ + " has no _sum");
    }
    histograms_.clear();
    type_.clear();
  }

  std::vector<std::string> faults_;
  std::size_t line_ = 0;
  std::string family_;
  std::string type_;
  std::set<std::string> families_;
  std::set<std::pair<std::string, std::map<std::string, std::string>>> seen_;
  std::map<std::map<std::string, std::string>, Histogram> histograms_;
};

}  // namespace

std::vector<std::string> exposition_faults(std::string_view text) { return Reader().read(text); }

}  // namespace lockkeeper::test
